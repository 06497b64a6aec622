"""One rho for two measures: how much more one penalty damps than the other, before the first step."""

from dataclasses import replace

import torch

from gpreg.errors import GpregError
from gpreg.recipe import Recipe
from gpreg.runs.networks import Networks
from gpreg.training.setup import Setup, build_penalty, prepare
from gpreg_theory.advice.points import curvature_scale, point_of, zeroed
from gpreg_theory.networks.trace import trace


def comparison(setup: Setup, chosen_for: Recipe) -> str:
    """What to know about a rho that was chosen for another measure or form, and two ways to compare fairly.

    Measures differ in mass and scale as well as in where they look. ``rho * trace Q`` is the penalty's damping summed
    over all directions, at the equilibrium by construction at which ``rho = auto`` looks as well.

    Args:
        setup: set up; nothing of it is changed, and no random number of it is drawn.
        chosen_for: the recipe with the measure and the form that its rho was chosen for.
    """
    rho = setup.penalty.rho
    old, new = _name(chosen_for), _name(setup.recipe)
    told = f"Note: rho = {rho:g} was chosen for {old}, and {new} now has it too"
    try:
        before, after = weight(_of(setup, chosen_for)), weight(setup)
    except GpregError as error:  # no linearised game for one of them, or it is not installed
        return (
            f"{told}. How they compare cannot be said ({error.message}); give each a rho of its own, with "
            "--rho NUMBER, or --rho auto where there is a linearised game"
        )
    if not after:
        return ""  # there is no penalty, so that rho does not matter
    if not before:
        return f"{told}; {old} has no penalty, so nobody chose it. --rho auto takes the best one of the linearised game"
    return (
        f"{told}: rho * trace Q is {before:.4g} with {old} and {after:.4g} with {new}. Two fair comparisons: at the "
        f"same rho * trace Q, --rho auto --set penalty.rho_trace={before:.4g}; or each at its own best rho, --rho auto"
    )


def weight(setup: Setup) -> float:
    """``rho * trace Q`` of an experiment's penalty; 0 without a penalty.

    Raises:
        UsageError: there is no linearised game; says why.
    """
    scale = curvature_scale(setup.penalty.form, setup.recipe.penalty.of)
    point = point_of(setup, zeroed(setup), seed=0, equilibrium=True)
    return 0.0 if point.sample is None else setup.penalty.rho * scale * trace(point).value


def _of(setup: Setup, chosen_for: Recipe) -> Setup:
    """The experiment with the measure and the form of another recipe."""
    plan = setup.plan.supply.plan(chosen_for)
    devices = [setup.device] if setup.device.type == "cuda" else []
    with torch.random.fork_rng(devices):  # a measure may have parts with random weights
        penalty = build_penalty(plan)
        prepare(penalty, Networks(setup.generator, setup.critic), setup.data, plan.recipe, setup.device)
    penalty.rho = setup.penalty.rho
    return replace(setup, plan=plan, penalty=penalty)


def _name(recipe: Recipe) -> str:
    form = f" with form {recipe.form.name}" if recipe.form and recipe.form.name != "squared" else ""
    return f"{recipe.measure.name}{form}"

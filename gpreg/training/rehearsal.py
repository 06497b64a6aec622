"""A rehearsal: whatever a run would refuse before its first step is refused, and nothing is written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from gpreg.interfaces import Data, GANLoss
from gpreg.recipe import Recipe
from gpreg.registry.registry import Registry
from gpreg.runs.data import DataAccess, data_document, open_data
from gpreg.training.distributed import Ranks
from gpreg.training.experiment import check_pairs, check_size, set_up
from gpreg.training.restoration import start_from
from gpreg.training.run import origin_of
from gpreg.training.watching import build_observers, check_metrics
from gpreg_theory.advice.checks import check, refuse_violations
from gpreg_theory.advice.fairness import comparison
from gpreg_theory.advice.tuning import tuned

PROBE = 4
"""Samples of a batch that is only looked at."""


def probe(recipe: Recipe, data: Data) -> Recipe:
    """The same recipe in float32 on the CPU, with a batch of a few samples: no more than the run computes at once."""
    settings = recipe.training
    smallest = min(settings.batch_size, settings.generator_batch_size or settings.batch_size) // settings.accumulate
    few = max(min(PROBE, smallest, data.size or PROBE), 1)
    return replace(
        recipe,
        training=replace(settings, batch_size=few, generator_batch_size=None, critic_steps=1, accumulate=1),
        compute=replace(recipe.compute, device="cpu", precision="fp32", compile=False),
    )


def rehearse(
    recipe: Recipe,
    registry: Registry,
    *,
    access: DataAccess,
    init: Path | None = None,
    chosen_for: Recipe | None = None,
    strict: bool = False,
    tell: Callable[[str], None],
) -> Data:
    """Go through all that comes before a run's first step, but for what depends on the device.

    Args:
        recipe: complete, without clashes.
        registry: supplies what it names.
        access: how this machine gets at data.
        init: the run with whose weights this one is to begin.
        chosen_for: the recipe with the measure that rho was chosen for, if that is another: what to know is told.
        strict: whether a violated assumption would refuse the run.
        tell: told in words what a user should know, such as the number that ``rho = auto`` becomes.

    Returns:
        The data, open.

    Raises:
        NotDownloaded: the data could be fetched, and is not there; what depends on it was not looked at.
        GpregError: the run would be refused.
    """
    origin = origin_of(init, tell) if init else None
    check_metrics(recipe, registry)
    build_observers(recipe, registry)
    check_pairs(recipe, cast(GANLoss, registry.build("loss", recipe.loss.name, recipe.loss.options)))
    data = open_data(recipe, registry, access)
    for note in data.notes:
        tell(f"Note: {note}")
    check_size(recipe, data, Ranks())
    data_document(data, None, dataset=recipe.dataset.name)
    if init or strict or chosen_for or recipe.penalty.rho == "auto":
        on_cpu = replace(recipe, compute=probe(recipe, data).compute)  # with its own batch, which anchors are made of
        experiment = set_up(on_cpu, registry, access=access, ranks=Ranks(), data=data)
        if init and origin:
            start_from(experiment, origin, init)
        if chosen_for and (note := comparison(experiment, chosen_for)):
            tell(note)
        experiment, _ = tuned(experiment, tell)
        if strict:
            refuse_violations(check(experiment))
    return data

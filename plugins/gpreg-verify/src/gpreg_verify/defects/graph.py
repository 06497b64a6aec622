"""Gradients of the penalty that go where they must not, or do not go where they must."""

import re
from dataclasses import replace

from gpreg_verify.explanation import Attempts, Explanation, slope_deviation, slope_of
from gpreg_verify.parameters import ParameterFit
from gpreg_verify.verification import Defect

_DETACH = "real, fake = real.detach(), fake.detach() before anything else"


def reaches_generator(found: Explanation) -> Defect | None:
    """Fakes with the generator's graph, through which the penalty trains the generator."""
    plan = found.subject.plan
    if not plan.has("critic") or not plan.has("fake", "network", "mixed"):
        return None
    trial = found.subject.fresh()(replace(found.scene, generated=True))
    if trial.error is not None or plan.has("mixed") or not trial.reached > 1e-7 * max(abs(trial.value), 1e-3):
        return None
    return Defect(
        name="reaches-generator",
        evidence=f"if the fakes come from a generator, a gradient of norm {trial.reached:.4g} arrives in its weights "
        f"(the value is {trial.value:.4g}): they are not detached",
        remedy=f"the penalty is the critic's alone: {_DETACH}",
    )


def detached(found: Explanation) -> Defect | None:
    """A penalty without gradient by the critic's weights, or with a wrong one."""
    if isinstance(found.fit, ParameterFit):
        return None
    curved = [trial for trial in found.trials if trial.scene.depth and trial.computed]
    if curved and all(trial.slope is None or not trial.slope.any() for trial in curved):
        trial = curved[-1]
        if found.fit is None and not trial.differentiates:
            return None
        norm = f"; it should have norm {float(slope_of(trial, found.fit).norm()):.4g}" if found.fit else ""
        kind = "the value carries no graph" if trial.slope is None else "the graph does not lead to the weights"
        return Defect(
            name="detached",
            evidence=f"the penalty has the value {trial.value:.4g} but no gradient by the critic's weights ({kind}"
            f"{norm}), so that it trains nothing",
            remedy="torch.autograd.grad(..., create_graph=True), and no .detach(), .item(), .data or torch.no_grad() "
            "between the gradient and the value",
        )
    if found.fit is None or not curved:
        return None
    trial = max(curved, key=lambda trial: slope_deviation(trial, found.fit))
    deviation = slope_deviation(trial, found.fit)
    if not deviation > 0.03:
        return None
    wanted = slope_of(trial, found.fit)
    assert trial.slope is not None
    return Defect(
        name="detached",
        evidence=f"the value is right, but its gradient by the critic's weights deviates by {100 * deviation:.3g} % "
        f"(norm {float(trial.slope.norm()):.4g} instead of {float(wanted.norm()):.4g}): a part of it is detached",
        remedy="no .detach(), .item(), .data or torch.no_grad() between the critic's gradient and the value",
    )


def without_graph(attempts: Attempts) -> Defect | None:
    """A function that raises because no graph is recorded around its gradient."""
    for plan, trial in attempts.errors[:1]:
        if trial.calls and re.search(r"does not require grad|does not have a grad_fn", str(trial.error)):
            tracked = sum(call.tracked for call in trial.calls)
            return Defect(
                name="detached",
                evidence=f"called as {plan.told()}, it raises {type(trial.error).__name__}: {trial.error} "
                f"({tracked} of {len(trial.calls)} calls of the critic recorded a graph)",
                remedy="differentiate by points that require a gradient, x = x.detach().requires_grad_(), call the "
                "critic outside torch.no_grad(), and pass create_graph=True",
            )
    return None

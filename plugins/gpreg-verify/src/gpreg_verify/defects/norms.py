"""Norms over the wrong axes: over the whole batch, or for each pixel or channel."""

from gpreg_verify.differences import DifferenceFit
from gpreg_verify.explanation import Explanation
from gpreg_verify.verification import Defect

_RIGHT = {
    "squared": "grad.flatten(1).square().sum(1).mean()",
    "one-centered": "((grad.flatten(1).norm(2, dim=1) - 1) ** 2).mean()",
}


def wrong_norm(found: Explanation) -> Defect | None:
    """A norm that is not each sample's own, or a sum over the batch."""
    if isinstance(found.fit, DifferenceFit) and found.fit.total:
        name, told = "whole-batch-norm", "the squared differences are summed over the batch, not averaged"
    elif found.reduction is not None:
        name = found.reduction.defect(len(found.scene.shape) + 1) or ""
        told = found.reduction.told(found.scene.shape)
    else:
        return None
    if not name or found.fit is None:
        return None
    shown = []
    varied = found.reduction is not None and found.reduction.averaged  # equal norms are their own mean
    for trial in (found.trials[5], found.trials[9]) if varied else (found.trials[3], found.trials[7]):
        right = float(found.fit.predict(trial, right=True))
        scene = trial.scene
        times = f" ({trial.value / right:.4g} times)" if right else ""
        critic = "a curved critic" if varied else f"|grad D| = {scene.size:g}"
        shown.append(
            f"with {critic} at {scene.batch} samples of shape {scene.shape} the value is "
            f"{trial.value:.6g} instead of {right:.6g}{times}"
        )
    line = _RIGHT.get(found.form, "norms = grad.flatten(1).norm(2, dim=1), one number a sample, and the mean of them")
    if isinstance(found.fit, DifferenceFit):
        line = "((D(moved) - D(x)) ** 2).mean()"
    return Defect(name=name, evidence=f"{told}: {'; '.join(shown)}", remedy=f"one norm a sample: {line}")

"""Penalties of the critic's gradient by its own parameters, which are no gradient penalties: recognised by value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gpreg_verify.fits import TOLERANCE, solve
from gpreg_verify.groups import Group, groups
from gpreg_verify.subject import Trial
from gpreg_verify.variants import Variant, variants


@dataclass(frozen=True, kw_only=True)
class ParameterFit:
    """``value = coefficient * form(grad by the weights of the mean of D)``, at the points of each label.

    Attributes:
        form: as registered.
        coefficients: by label.
        total: whether the sum of D is differentiated instead of its mean.
        deviation: largest relative deviation.
    """

    form: Variant
    coefficients: dict[str, float]
    total: bool
    deviation: float
    built: Any = field(repr=False)

    def predict(self, trial: Trial, *, right: bool = False) -> Tensor:
        """The value at a trial's points; with the gradient by the inputs instead, if it is to be ``right``."""
        total = torch.zeros((), dtype=torch.float64)
        for group in groups(trial):
            if group.label in self.coefficients:
                by = trial.critic.gradient(group.points) if right else _by_parameters(trial, group, total=self.total)
                total = total + self.coefficients[group.label] * self.built(by).mean()
        return total


def fit_parameters(trials: Sequence[Trial]) -> ParameterFit | None:
    """The explanation of the values by the gradient by the critic's weights; ``None`` if they are none such."""
    values = np.array([trial.value for trial in trials])
    if not np.isfinite(values).all() or not values.any():
        return None
    labels = sorted({group.label for trial in trials for group in groups(trial)})
    for form in variants("form"):
        built = form.build()
        for total in (False, True):
            matrix = np.zeros((len(trials), len(labels)))
            for row, trial in enumerate(trials):
                for group in groups(trial):
                    grad = _by_parameters(trial, group, total=total).detach()
                    matrix[row, labels.index(group.label)] += float(built(grad).mean())
            coefficients, deviation = solve(matrix, values)
            if deviation <= TOLERANCE:
                told = {label: float(c) for label, c in zip(labels, coefficients, strict=True) if c > 0}
                return ParameterFit(form=form, coefficients=told, total=total, deviation=deviation, built=built)
    return None


def ignores_the_slope(trials: Sequence[Trial]) -> bool:
    """Whether linear critics of one direction have one value whatever their slope is, as no gradient by x allows."""
    values: dict[tuple[Any, ...], list[float]] = {}
    for trial in trials:
        if not trial.scene.depth:
            values.setdefault((trial.scene.shape, trial.scene.critic_seed), []).append(trial.value)
    alike = [max(group) - min(group) <= 1e-6 * abs(max(group, key=abs)) for group in values.values() if len(group) > 1]
    return bool(alike) and all(alike) and any(trial.value for trial in trials)


def _by_parameters(trial: Trial, group: Group, *, total: bool) -> Tensor:
    value = trial.critic.value(group.points)
    weights = list(trial.critic.parameters())
    grads = torch.autograd.grad(
        value.sum() if total else value.mean(), weights, create_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([grad.flatten() for grad in grads])[None]

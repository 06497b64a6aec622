"""Penalties by differences of the critic's outputs: ``lambda E(D(x + s e) - D(x))^2``, the approximate R1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gpreg_verify.fits import TOLERANCE, solve
from gpreg_verify.groups import Group, groups, same
from gpreg_verify.subject import Trial


@dataclass(frozen=True, kw_only=True)
class DifferenceFit:
    """``value = sum over labels of coefficient * E(D(b) - D(a))^2``, where a or the middle of a and b has the label.

    Attributes:
        coefficients: by label.
        total: whether the squares are summed over the batch instead of averaged.
        by_size: whether the coefficient grows with the number d of coordinates, as that of unit directions must.
        deviation: largest relative deviation.
    """

    coefficients: dict[str, float]
    total: bool
    by_size: bool
    deviation: float

    def predict(self, trial: Trial, *, right: bool = False) -> Tensor:
        """The value at a trial's points, with its graph to the critic's parameters."""
        value = torch.zeros((), dtype=torch.float64)
        for label, a, b in pairs(trial):
            if label in self.coefficients:
                squares = (trial.critic.value(b.points) - trial.critic.value(a.points)).square().double()
                size = trial.real[0].numel() if self.by_size else 1
                gathered = squares.sum() if self.total and not right else squares.mean()
                value = value + self.coefficients[label] * size * gathered
        return value


def pairs(trial: Trial) -> list[tuple[str, Group, Group]]:
    """The pairs of batches that are moved against each other around real or fake samples."""
    found = groups(trial)
    loose = [group for group in found if group.label.startswith("x")]
    told: list[tuple[str, Group, Group]] = []
    for group in loose:
        for label, samples in (("real", trial.real), ("fake", trial.fake)):
            base = [other for other in found if other.label == label]
            opposite = [
                other for other in loose if other is not group and same(other.points + group.points, 2 * samples)
            ]
            if opposite and loose.index(opposite[0]) > loose.index(group):
                told.append((label, opposite[0], group))
            elif base and not opposite and _nearer(group, trial) == label:
                told.append((label, base[0], group))
    return told


def spread(trials: Sequence[Trial]) -> dict[str, float]:
    """The standard deviation of a coordinate's move between the two batches of a pair, by label."""
    squares: dict[str, list[float]] = {}
    for trial in trials:
        for label, a, b in pairs(trial):
            squares.setdefault(label, []).append(float((b.points - a.points).double().square().mean()))
    return {label: float(np.mean(values)) ** 0.5 for label, values in squares.items()}


def fit_differences(trials: Sequence[Trial]) -> DifferenceFit | None:
    """The coefficients that explain the values of several trials; ``None`` if they are no squared differences."""
    values = np.array([trial.value for trial in trials])
    labels = sorted({label for trial in trials for label, _, _ in pairs(trial)}, reverse=True)
    if not labels or not np.isfinite(values).all() or not values.any():
        return None
    for total, by_size in ((False, False), (False, True), (True, False)):
        matrix = np.zeros((len(trials), len(labels)))
        for row, trial in enumerate(trials):
            for label, a, b in pairs(trial):
                squares = (b.outputs - a.outputs).double().square()
                size = trial.real[0].numel() if by_size else 1
                matrix[row, labels.index(label)] += float(squares.sum() if total else squares.mean()) * size
        coefficients, deviation = solve(matrix, values)
        if deviation <= TOLERANCE:
            told = {label: float(c) for label, c in zip(labels, coefficients, strict=True) if c > 0}
            return DifferenceFit(coefficients=told, total=total, by_size=by_size, deviation=deviation)
    return None


def _nearer(group: Group, trial: Trial) -> str:
    real, fake = ((group.points - samples).norm() for samples in (trial.real, trial.fake))
    return "real" if real <= fake else "fake"

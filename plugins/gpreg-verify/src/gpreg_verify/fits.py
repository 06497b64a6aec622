"""What is penalised: the registered form, the reduction and the coefficients that explain a function's values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from gpreg.errors import GpregError
from gpreg_verify.groups import groups
from gpreg_verify.reductions import Reduction, reductions
from gpreg_verify.subject import Trial
from gpreg_verify.variants import Variant, variants

TOLERANCE = 3e-3
"""Largest relative deviation of a value from the formula; an epsilon under a root is within it."""

_NEAR = 3.0
"""Relative deviation at the best of a coarse grid of a form's number, from which on it is looked for more closely."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """``value = sum over labels of coefficient * E[form(grad D)]`` at the points of the label.

    Attributes:
        form: the registered form, with its options.
        reduction: how norms are taken.
        coefficients: of the expectation at the points of each label, those that are not 0.
        squash: whether the critic's sigmoid is penalised.
        deviation: largest relative deviation.
    """

    form: Variant
    reduction: Reduction
    coefficients: dict[str, float]
    squash: bool
    deviation: float
    built: Any = field(repr=False)

    def predict(self, trial: Trial, *, right: bool = False) -> Tensor:
        """The value at a trial's points, with its graph to the critic's parameters.

        Args:
            trial: the trial.
            right: with the right reduction, whatever the function does.
        """
        ndim = trial.real.ndim
        reduction = Reduction(axes=tuple(range(1, ndim))) if right else self.reduction
        total = torch.zeros((), dtype=torch.float64)
        for group in groups(trial):
            if group.tracked and group.label in self.coefficients:
                grad = trial.critic.gradient(group.points, squash=self.squash)
                total = total + self.coefficients[group.label] * self.integral(grad, reduction)
        return total

    def integral(self, grad: Tensor, reduction: Reduction) -> Tensor:
        """``E[form(grad)]`` under a reduction."""
        if reduction.right(grad.ndim):
            return self.built(grad).mean().double()  # type: ignore[no-any-return] # a tensor
        return reduction.gathered(self.built(reduction.norms(grad)[:, None])).double()


def fit(trials: Sequence[Trial], *, wrong: bool = True) -> Fit | None:
    """The simplest explanation of the values of several trials; ``None`` if there is none among all registered forms.

    Args:
        trials: on several scenes, so that norms, batch sizes and shapes differ.
        wrong: whether wrong reductions are considered too.
    """
    values = np.array([trial.value for trial in trials])
    if not np.isfinite(values).all() or np.ptp(values) <= 1e-3 * np.abs(values).max():
        return None  # what does not vary, a form with a huge number would explain
    gradients = {squash: _Gradients(trials, squash=squash) for squash in (False, True)}
    if not gradients[False].labels:
        return None
    forms = list(variants("form"))
    ndim = trials[0].real.ndim
    ways = list(reductions(ndim))[: None if wrong else 1]

    def search(squash: bool, chosen: Iterable[Reduction], free: bool) -> Fit | None:
        for reduction in chosen:
            norms = gradients[squash].norms(reduction)
            for form in forms:
                if free and not form.free:
                    continue
                if found := _fitted(form, reduction, norms, values, squash=squash, free=free):
                    return found
        return None

    return (
        search(False, ways, False)
        or search(False, ways[:1], True)
        or search(True, ways[:1], False)
        or search(False, ways[1:7], True)
    )


class _Gradients:
    """The gradients at the points of all trials, label by label."""

    def __init__(self, trials: Sequence[Trial], *, squash: bool) -> None:
        self.rows: list[tuple[int, str, Tensor]] = []
        for index, trial in enumerate(trials):
            for group in groups(trial):
                if group.tracked:
                    grad = trial.critic.gradient(group.points, squash=squash).detach().double()
                    self.rows.append((index, group.label, grad))
        self.count = len(trials)
        order = {"real": 0, "fake": 1}
        self.labels = sorted({label for _, label, _ in self.rows}, key=lambda label: (order.get(label, 2), label))

    def norms(self, reduction: Reduction) -> "_Norms":
        parts = [grad if reduction.right(grad.ndim) else reduction.norms(grad)[:, None] for _, _, grad in self.rows]
        return _Norms(parts, reduction, [(row, self.labels.index(label)) for row, label, _ in self.rows], self)


class _Norms:
    """What forms are applied to, and where their values go."""

    def __init__(
        self, parts: list[Tensor], reduction: Reduction, places: list[tuple[int, int]], gradients: _Gradients
    ) -> None:
        flat = [part.flatten(1) for part in parts]
        width = max(part.shape[1] for part in flat)
        # forms of the norm see rows that are filled up with zeros, so that one call serves all trials
        self.rows = torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[1])) for part in flat])
        self.parts, self.reduction, self.places, self.gradients = parts, reduction, places, gradients

    def matrix(self, form: Any) -> np.ndarray[Any, Any]:
        """``(trials, labels)``: the expectation of a form."""
        matrix = np.zeros((self.gradients.count, len(self.gradients.labels)))
        if getattr(form, "radial", True):
            values = form(self.rows).split([len(part) for part in self.parts])
        else:
            values = tuple(form(part) for part in self.parts)
        for (row, column), value in zip(self.places, values, strict=True):
            matrix[row, column] += float(self.reduction.gathered(value))
        return matrix


def _fitted(form: Variant, reduction: Reduction, norms: _Norms, values: Any, *, squash: bool, free: bool) -> Fit | None:
    options: dict[str, float] = {}
    try:
        if free:
            options = _free(form, norms, values)
            if not options:
                return None
        built = form.build(**options)
        with torch.no_grad():
            coefficients, deviation = solve(norms.matrix(built), values)
    except (GpregError, RuntimeError, ValueError):  # a form that cannot take these gradients does not explain them
        return None
    if deviation > TOLERANCE:
        return None
    told = {label: float(c) for label, c in zip(norms.gradients.labels, coefficients, strict=True) if c > 0}
    return Fit(
        form=form.with_options(**options),
        reduction=reduction,
        coefficients=told,
        squash=squash,
        deviation=deviation,
        built=built,
    )


def solve(matrix: Any, values: Any) -> tuple[Any, float]:
    """Coefficients >= 0 of the columns that explain the values, and the largest relative deviation."""
    if not np.isfinite(matrix).all():
        return np.zeros(matrix.shape[1]), float("inf")
    scale = 1 / (np.abs(values) + 1e-3 * np.median(np.abs(values)) + 1e-30)
    kept = np.arange(matrix.shape[1])
    coefficients = np.zeros(matrix.shape[1])
    while len(kept):
        weighted = matrix[:, kept] * scale[:, None]
        size = np.linalg.norm(weighted, axis=0)
        size[size == 0] = 1
        solution = np.linalg.lstsq(weighted / size, values * scale, rcond=1e-9)[0] / size
        share = solution * np.abs(matrix[:, kept] * scale[:, None]).max(axis=0)
        bad = share < 3e-3
        if not bad.any():
            coefficients[kept] = solution
            break
        kept = kept[~bad] if (share >= 3e-3).any() else kept[:0]
    deviation = float(np.abs((matrix @ coefficients - values) * scale).max())
    return coefficients, deviation if len(kept) else float("inf")


def _free(form: Variant, norms: _Norms, values: Any) -> dict[str, float]:
    """The numbers of a form that explain the values best; those that only scale it stay as they are."""
    names = [name for name in form.free if not _only_scales(form, name, norms)]
    if not names:
        return {}

    make = form.maker()

    def loss(numbers: Any) -> float:
        with torch.no_grad():
            built = make(**dict(zip(names, map(float, numbers), strict=True)))
            return min(solve(norms.matrix(built), values)[1], 1e6)

    numbers, at = [form.free[name] for name in names], range(len(names))
    grid = np.geomspace(0.02, 1000, 64)
    start = [
        grid[np.argmin([loss([*numbers[:index], value, *numbers[index + 1 :]]) for value in grid])] for index in at
    ]
    if loss(start) > _NEAR:
        return {}
    best = minimize(
        loss, start, method="Nelder-Mead", options={"maxfev": 60 * len(names), "xatol": 1e-7, "fatol": 1e-9}
    )
    for digits in (1, 2, 3, 4, 6):
        rounded = {name: float(f"{value:.{digits}g}") for name, value in zip(names, best.x, strict=True)}
        if loss(list(rounded.values())) <= max(1.2 * best.fun, 1e-4):
            return rounded
    return {name: float(value) for name, value in zip(names, best.x, strict=True)}


def _only_scales(form: Variant, name: str, norms: _Norms) -> bool:
    with torch.no_grad():
        try:
            a, b = norms.matrix(form.build()), norms.matrix(form.build(**{name: form.free[name] * 1.5 + 0.1}))
        except GpregError:
            return False
    ratio = b[a != 0] / a[a != 0]
    return bool(len(ratio) and np.ptp(ratio) < 1e-9 * np.abs(ratio).max())

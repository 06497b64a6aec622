"""Registered measures whose weights depend on the critic, such as that of Roth et al.: recognised by their value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gpreg.errors import GpregError
from gpreg.interfaces import PenaltyBatch
from gpreg_verify.fits import TOLERANCE, solve
from gpreg_verify.groups import groups, same
from gpreg_verify.subject import Trial
from gpreg_verify.variants import Variant, variants


@dataclass(frozen=True, kw_only=True)
class WeightedFit:
    """``value = coefficient * E_mu[form(grad D)]`` with a registered mu whose mass depends on the critic.

    Attributes:
        measure, form: as registered.
        coefficient: half of rho.
        deviation: largest relative deviation.
    """

    measure: Variant
    form: Variant
    coefficient: float
    deviation: float
    built: tuple[Any, Any] = field(repr=False)

    def predict(self, trial: Trial, *, right: bool = False) -> Tensor:
        """The value at a trial's points, with its graph to the critic's parameters."""
        return self.coefficient * _integral(*self.built, trial)


def fit_weighted(trials: Sequence[Trial]) -> list[WeightedFit]:
    """The measures with weights that depend on the critic, with each form's defaults, that explain all values."""
    values = np.array([trial.value for trial in trials])
    if not np.isfinite(values).all() or not values.any():
        return []
    found = []
    for measure in variants("measure"):
        built = measure.build()
        if not built.needs <= {"real", "fake", "critic"} or not _is_weighted(built, trials[0]):
            continue
        for form in variants("form"):
            form_built = form.build()
            matrix = np.array([[float(_integral(built, form_built, trial).detach())] for trial in trials])
            coefficients, deviation = solve(matrix, values)
            if deviation <= TOLERANCE:
                found.append(
                    WeightedFit(
                        measure=measure,
                        form=form,
                        coefficient=float(coefficients[0]),
                        deviation=deviation,
                        built=(built, form_built),
                    )
                )
    return found


def _is_weighted(measure: Any, trial: Trial) -> bool:
    try:
        measure.prepare(_batch(trial))
        sample = measure.sample(_batch(trial))
    except (GpregError, RuntimeError, ValueError):  # not for such samples
        return False
    if sample is None or not callable(sample.weights):
        return False
    size = len(trial.real)
    points = [group.points for group in groups(trial)]
    parts = [sample.points[start : start + size] for start in range(0, len(sample.points), size)]
    return all(any(same(part, at) for at in points) for part in parts)


def _integral(measure: Any, form: Any, trial: Trial) -> Tensor:
    with torch.no_grad():
        sample = measure.sample(_batch(trial))
    values = form(trial.critic.gradient(sample.points)).double()
    weighted: Tensor = sample.weights(trial.critic.value(sample.points)).double() * values
    return weighted.mean()


def _batch(trial: Trial) -> PenaltyBatch:
    return PenaltyBatch(
        real=trial.real, fake=trial.fake, critic=trial.critic.value, rng=torch.Generator().manual_seed(0)
    )

"""Mode coverage of a Gaussian mixture."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.options import ModesOptions
from gpreg_metrics.points import points

STDS = 3
"""Greatest distance of a high-quality sample from a mode's centre, in standard deviations of the mode."""

SHARE = 10
"""A covered mode has at least ``1 / SHARE`` of the samples that it would have if all modes had equally many."""


class Modes(Metric):
    """Mode coverage on a mixture of K Gaussians with centres c_k and standard deviation s per coordinate.

    A sample x is of high quality if ``min_k |x - c_k| < 3 s``. Of n samples, ``n_k`` are of high quality and nearest to
    centre k. Reported are

    * ``balanced_share``, ``sum_k min(n_k / n, 1 / K)``: the share of high-quality samples, none counted beyond its
      mode's own share. It is 1 minus the total variation distance of the samples' shares from even ones, low quality
      being a mode of its own, and says at once whether samples are good, cover all modes, and do so evenly;
    * ``modes``, the number of covered modes: a mode is covered if ``n_k`` is at least ``threshold``, by default a tenth
      of the mode's share of the samples, ``n / (10 K)``, and at least 1;
    * ``high_quality_share``, ``sum_k n_k / n``.

    A perfect generator's share is the chi distribution's at 3, in two dimensions ``1 - exp(-9/2) = 0.989``. A sample
    that is not finite is of low quality.

    Source: Srivastava et al. (2017), VEEGAN, who count a mode as covered from 1 sample on: ``threshold = 1``. An
    untrained generator, which spreads its samples over the plane, then covers some.
    """

    def __init__(self, options: ModesOptions) -> None:
        self._threshold = options.threshold

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, d)``.
            data: a Gaussian mixture.

        Raises:
            UsageError: the data has no known modes, the samples are of another shape, or there are none.
        """
        if data.modes is None:
            raise UsageError(
                "metric 'modes' needs the centres of a Gaussian mixture, which this data does not have",
                remedy="use a mixture such as 8gaussians, or another metric; `gpreg list-metrics` lists them",
            )
        centres, radius = data.modes.centres, STDS * data.modes.std
        total, hits = 0, []
        for batch in points(samples, data, "modes"):
            total += len(batch)
            hits.append(_hits(batch, centres.to(batch), radius))
        if not total:
            raise UsageError("metric 'modes' was given no samples", remedy="generate at least one")
        per_mode, fair = torch.stack(hits).sum(dim=0), total / len(centres)
        threshold, rule = self._threshold, "the option threshold"
        if threshold is None:
            threshold = max(1, math.ceil(fair / SHARE))
            rule = f"1/{SHARE} of a mode's share of the samples, and at least 1"
        return MetricResult(
            values={
                "balanced_share": float(per_mode.double().clamp(max=fair).sum()) / total,
                "modes": float((per_mode >= threshold).sum()),
                "high_quality_share": float(per_mode.sum()) / total,
            },
            provenance={
                "samples": total,
                "modes": len(centres),
                "std": data.modes.std,
                "high quality": f"Euclidean distance to the nearest centre < {STDS} std",
                "covered": f"nearest centre of at least {threshold} high-quality samples: {rule}",
                "threshold": threshold,
            },
        )


def _hits(batch: Tensor, centres: Tensor, radius: float) -> Tensor:
    """``(K,)``, the number of high-quality samples nearest to each centre."""
    # The matrix-product form of cdist cancels where centres are far from the origin and std is small.
    distances = torch.cdist(batch, centres, compute_mode="donot_use_mm_for_euclid_dist")
    distance, nearest = distances.min(dim=1)
    return torch.bincount(nearest[distance < radius], minlength=len(centres))

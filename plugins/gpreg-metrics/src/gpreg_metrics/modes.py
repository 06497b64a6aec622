"""How many modes of a Gaussian mixture are covered, and by how good samples."""

from collections.abc import Iterable

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.options import ModesOptions
from gpreg_metrics.points import points

STDS = 3
"""How far, in standard deviations of a mode, a high-quality sample may lie from the mode's centre."""


class Modes(Metric):
    """Mode coverage on a mixture of K Gaussians with centres c_k and standard deviation s per coordinate.

    A sample x is of high quality if ``min_k |x - c_k| < 3 s``. A mode is covered if it is the nearest one to at least
    ``threshold`` high-quality samples. Reported are the number of covered modes, at most K, and the share of
    high-quality samples, in [0, 1]. A perfect generator's share is the chi distribution's at 3, in two dimensions
    ``1 - exp(-9/2) = 0.989``. A sample that is not finite is of low quality.

    Source: Srivastava et al. (2017), VEEGAN.
    """

    def __init__(self, options: ModesOptions) -> None:
        self.threshold = options.threshold

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
        per_mode = torch.stack(hits).sum(dim=0)
        return MetricResult(
            values={
                "modes": float((per_mode >= self.threshold).sum()),
                "high_quality_share": float(per_mode.sum()) / total,
            },
            provenance={
                "samples": total,
                "modes": len(centres),
                "std": data.modes.std,
                "high quality": f"Euclidean distance to the nearest centre < {STDS} std",
                "covered": f"nearest centre of at least {self.threshold} high-quality samples",
                "threshold": self.threshold,
            },
        )


def _hits(batch: Tensor, centres: Tensor, radius: float) -> Tensor:
    """``(K,)``, the number of high-quality samples nearest to each centre."""
    # The matrix-product form of cdist cancels where centres are far from the origin and std is small.
    distances = torch.cdist(batch, centres, compute_mode="donot_use_mm_for_euclid_dist")
    distance, nearest = distances.min(dim=1)
    return torch.bincount(nearest[distance < radius], minlength=len(centres))

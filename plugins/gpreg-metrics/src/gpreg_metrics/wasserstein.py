"""The exact Wasserstein-1 distance between two clouds of equally many points."""

from collections.abc import Iterable

import scipy
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor

from gpreg.errors import DataError, GpregError, UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.options import WassersteinOptions
from gpreg_metrics.points import points


class Wasserstein(Metric):
    """``W1 = min over permutations s of (1/n) sum_i |x_i - y_s(i)|``, with Euclidean distances.

    For two uniform measures on n points each, an optimal transport plan is a permutation, which solves an assignment
    problem. The distance is exact for the points, in their units, but biased upwards for their laws: two clouds from
    one law have a positive W1, which falls with n. Compare values only at the same n.

    Source: Peyré and Cuturi (2019).
    """

    def __init__(self, options: WassersteinOptions) -> None:
        self.n = options.n
        self.seed = options.seed

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Compare the first n samples with n points of the data; only as many batches as needed are consumed.

        Args:
            samples: batches ``(b, d)``.
            data: data of points.

        Raises:
            UsageError: the data are images, the samples are of another shape, or fewer than n.
            DataError: the data has fewer than n points.
            GpregError: a sample is not finite.
        """
        if len(data.spec.shape) == 1 and data.size is not None and data.size < self.n:
            raise DataError(
                f"metric 'wasserstein' compares with {self.n} points of the data, and there are {data.size}",
                remedy=f"take fewer, as with -S n={max(data.size, 1)}",
            )
        generated = self._first(samples, data)
        real = data.take(self.n, rng=torch.Generator().manual_seed(self.seed)).samples.double()
        costs = cdist(generated.numpy(), real.numpy())
        rows, columns = linear_sum_assignment(costs)
        return MetricResult(
            values={"w1": float(costs[rows, columns].mean())},
            provenance={
                "samples": self.n,
                "data points": self.n,
                "seed of the data points": self.seed,
                "distance": "W1 of the empirical measures, Euclidean cost, exact by linear assignment",
                "scipy": scipy.__version__,
            },
        )

    def _first(self, samples: Iterable[Tensor], data: Data) -> Tensor:
        batches, count = [], 0
        for batch in points(samples, data, "wasserstein"):
            batches.append(batch.detach().cpu().double())
            count += len(batch)
            if count >= self.n:
                break
        else:
            raise UsageError(
                f"metric 'wasserstein' needs {self.n} samples and was given {count}",
                remedy=f"generate {self.n} with -n, or take fewer points, as with -S n={max(count, 1)}",
            )
        first = torch.cat(batches)[: self.n]
        if broken := int((~first.isfinite()).any(dim=1).sum()):
            raise GpregError(
                f"{broken} of {self.n} samples are not finite, so their Wasserstein distance is undefined",
                remedy="the generator has diverged; score an earlier checkpoint",
            )
        return first

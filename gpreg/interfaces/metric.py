"""The metric: a score of how good samples are."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gpreg.interfaces.dataset import Data


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """Scores, and the conditions under which they were taken; only scores of equal conditions may be compared.

    Attributes:
        values: the scores, by the names that the metric's spec declares.
        provenance: number of samples, split, definition, extractor and its hash, versions.

    >>> result = MetricResult(values={"spread": 0.9}, provenance={"samples": 1000})
    >>> result.values["spread"]
    0.9
    """

    values: Mapping[str, float]
    provenance: Mapping[str, Any]


class Metric(ABC):
    """A score of generated samples against data.

    >>> class Spread(Metric):
    ...     def __call__(self, samples, data):
    ...         points = torch.cat(list(samples))
    ...         return MetricResult(values={"spread": points.std().item()}, provenance={"samples": len(points)})
    >>> Spread()(torch.zeros(100, 2).split(50), data=None).values
    {'spread': 0.0}
    """

    @abstractmethod
    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, *x)``, to be consumed one by one: all of them may not fit into memory.
            data: the data that the samples are compared with.

        Raises:
            UsageError: the metric cannot score such data.
        """

"""The metric: a score of how good samples are, or how good the critic is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from gpreg.errors import UsageError
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


class CriticMetric(Metric):
    """A score of the critic, which takes the place of samples.

    >>> class Bias(CriticMetric):
    ...     def judge(self, critic, data):
    ...         output = critic(torch.zeros(1, *data.spec.shape)).item()
    ...         return MetricResult(values={"bias": abs(output)}, provenance={})
    >>> from gpreg.data import ArrayData
    >>> Bias().judge(lambda x: x.sum(1), ArrayData(torch.zeros(5, 2))).values
    {'bias': 0.0}
    """

    @abstractmethod
    def judge(self, critic: nn.Module, data: Data) -> MetricResult:
        """Score a critic.

        Args:
            critic: ``(B, *x) -> (B,)``, the raw output, in evaluation mode; gradients are not recorded.
            data: the data that it was trained on.

        Raises:
            UsageError: the metric cannot score a critic of such data.
        """

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Refuse samples.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"{type(self).__name__} scores a critic, and was given samples",
            remedy="call its method judge(critic, data)",
        )

"""Check that samples are points of a vector space, for the metrics of points."""

from collections.abc import Iterable, Iterator

from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data


def points(samples: Iterable[Tensor], data: Data, metric: str) -> Iterator[Tensor]:
    """The batches of samples, after checking that they are points of the same dimension as the data.

    Args:
        samples: batches ``(b, d)``.
        data: data of points.
        metric: name of the metric, for errors.

    Raises:
        UsageError: the data are images, or a batch is not of the data's shape.
    """
    shape = data.spec.shape
    if len(shape) != 1:
        raise UsageError(
            f"metric {metric!r} scores points of shape (d,); this data has samples of shape {shape}",
            remedy="`gpreg list-metrics` says which samples each metric scores",
        )
    for batch in samples:
        if batch.shape[1:] != shape:
            raise UsageError(
                f"metric {metric!r} was given samples of shape {tuple(batch.shape[1:])} for data of shape {shape}",
                remedy="score samples against the dataset that their generator was trained on",
            )
        yield batch

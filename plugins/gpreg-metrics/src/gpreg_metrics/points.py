"""Samples as points of a vector space, which is all that the metrics of this package can score."""

from collections.abc import Iterable, Iterator

from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data


def points(samples: Iterable[Tensor], data: Data, metric: str) -> Iterator[Tensor]:
    """The batches as they come, once it is certain that they are points like those of the data.

    Args:
        samples: batches ``(b, d)``.
        data: what they should be like.
        metric: whom to name in errors.

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

"""What an extractor sees in the data, computed once and kept."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data
from gpreg_metrics.cache import Cache, Record
from gpreg_metrics.fingerprint import fingerprint
from gpreg_metrics.frechet import Moments, RunningMoments
from gpreg_metrics.images import real_images


class Extractor(Protocol):
    """A network that turns images into features."""

    @property
    def identity(self) -> str:
        """The same for the same features only."""
        ...

    @property
    def device(self) -> torch.device:
        """Where it is: where the last images were."""
        ...

    def features(self, images: Iterable[Tensor]) -> Iterator[Tensor]:
        """Batches ``(b, C, H, W)`` of uint8 to batches ``(b, F)``; it follows them to their device."""
        ...


class Reference:
    """The first ``count`` images of the data in a fixed order, as features.

    They are computed where the extractor is, so let it look at the samples first, and kept in a
    :class:`gpreg_metrics.cache.Cache` by the data's fingerprint and the extractor's identity.

    Args:
        data: of images.
        metric: whom to name in errors.
        count: how many; ``None``: all.
        cache: the folder, as for :class:`gpreg_metrics.cache.Cache`.

    Raises:
        UsageError: there are fewer, or they are drawn without end and ``count`` is ``None``.
    """

    def __init__(self, data: Data, metric: str, *, count: int | None, cache: Path | None) -> None:
        self._data, self._metric, self._cache = data, metric, Cache(cache)
        self.count = _count(data, metric, count)

    def moments(self, extractor: Extractor) -> Moments:
        """Mean and covariance of the features; no more than one batch of them is held."""

        def make() -> Record:
            running = RunningMoments()
            for features in extractor.features(self._images(extractor.device)):
                running.add(features)
            moments = running.moments()
            return Record(tensors={"mean": moments.mean, "covariance": moments.covariance})

        record = self._cache.get("moments", self._key(extractor), make)
        return Moments(count=self.count, mean=record.tensors["mean"], covariance=record.tensors["covariance"])

    def features(self, extractor: Extractor) -> Tensor:
        """``(count, F)``, on the CPU."""

        def make() -> Record:
            return Record(tensors={"features": gather(extractor.features(self._images(extractor.device)))})

        return self._cache.get("features", self._key(extractor), make).tensors["features"]

    def _images(self, device: torch.device) -> Iterator[Tensor]:
        return (batch.samples.to(device) for batch in real_images(self._data, self._metric, self.count))

    def _key(self, extractor: Extractor) -> dict[str, Any]:
        return {
            "data": fingerprint(self._data, self._metric),
            "count": self.count,
            "extractor": extractor.identity,
        }


def gather(features: Iterable[Tensor]) -> Tensor:
    """Batches ``(b, F)`` as one tensor on the CPU; ``(0, 0)`` without any."""
    batches = [batch.cpu() for batch in features]
    return torch.cat(batches) if batches else torch.empty(0, 0)


def _count(data: Data, metric: str, wanted: int | None) -> int:
    if data.size is None and wanted is None:
        raise UsageError(
            f"metric {metric!r} cannot compare with all of this data: it is drawn without end",
            remedy="say with how many, as with -S reference_samples=50000",
        )
    if data.size is not None and (wanted or 2) > data.size:
        raise UsageError(
            f"metric {metric!r} is to compare with {wanted or 2} images of the data, and there are {data.size}",
            remedy=f"lower it, as with -S reference_samples={data.size}"
            if data.size >= 2
            else "use data of more images, or a metric that needs none, such as inception-score",
        )
    count = data.size if wanted is None else wanted
    assert count is not None
    return count

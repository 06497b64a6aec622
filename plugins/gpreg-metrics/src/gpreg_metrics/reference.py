"""The features of the data, computed once and cached."""

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
        """A text that differs between extractors whose features differ."""
        ...

    @property
    def device(self) -> torch.device:
        """The device of the network, which is that of the last images."""
        ...

    def features(self, images: Iterable[Tensor]) -> Iterator[Tensor]:
        """Batches ``(b, C, H, W)`` of uint8 to batches ``(b, F)``; the network is moved to the images' device."""
        ...


class Reference:
    """The first ``count`` images of the data in a fixed order, as features.

    They are computed on the extractor's device, so apply it to the samples first. They are kept in a
    :class:`gpreg_metrics.cache.Cache` by the data's fingerprint and the extractor's identity.

    Args:
        data: data of images.
        metric: name of the metric, for errors.
        count: number of images; ``None``: all.
        cache: folder of the :class:`gpreg_metrics.cache.Cache`.

    Raises:
        UsageError: there are fewer images, or they are drawn without end and ``count`` is ``None``.
    """

    def __init__(self, data: Data, metric: str, *, count: int | None, cache: Path | None) -> None:
        self._data, self._metric, self._cache = data, metric, Cache(cache)
        self.count = _count(data, metric, count)

    def moments(self, extractor: Extractor) -> Moments:
        """Mean and covariance of the features, of which one batch at a time is in memory."""

        def make() -> Record:
            running = RunningMoments()
            for features in extractor.features(self._images(extractor.device)):
                running.add(features)
            moments = running.moments()
            return Record(tensors={"mean": moments.mean, "covariance": moments.covariance})

        record = self._cache.get("moments", self._key(extractor), make)
        return Moments(count=self.count, mean=record.tensors["mean"], covariance=record.tensors["covariance"])

    def features(self, extractor: Extractor) -> Tensor:
        """The features ``(count, F)``, on the CPU."""

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
    """Concatenate batches ``(b, F)`` into one tensor on the CPU; ``(0, 0)`` if there are none."""
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

"""A hash of a dataset, under which results that are computed from it are cached."""

import hashlib
import weakref

from gpreg.interfaces import Data
from gpreg_metrics.images import real_images

ENDLESS = 10_000
"""Number of samples that are hashed of data drawn without end."""

_known: dict[int, str] = {}


def fingerprint(data: Data, metric: str) -> str:
    """SHA-256, in hexadecimal, of the data's shape, size, number of classes, images as bytes, and labels.

    All samples are hashed, batch by batch, in the fixed order of :func:`gpreg_metrics.images.real_images`; of data
    drawn without end, the first :data:`ENDLESS`. The value range does not matter: the same images scaled to (-1, 1) and
    to (0, 1) have the same hash. The hash of an open dataset is computed once.

    Raises:
        UsageError: the data are not images.
    """
    if id(data) not in _known:
        digest = hashlib.sha256(repr((data.spec.shape, data.size, data.spec.classes)).encode())
        for images, labels in real_images(data, metric, data.size or ENDLESS):
            digest.update(images.numpy().tobytes())
            if labels is not None:
                digest.update(labels.numpy().tobytes())
        _known[id(data)] = digest.hexdigest()
        weakref.finalize(data, _known.pop, id(data), None)
    return _known[id(data)]

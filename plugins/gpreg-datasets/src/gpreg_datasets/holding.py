"""Decide where the decoded images of a folder are kept during a run: in memory, on disk, or nowhere."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import PIL
import torch
from torch import Tensor

from gpreg_datasets.image_cache import ImageCache, Pixels, key_of
from gpreg_datasets.image_files import ImageFiles
from gpreg_datasets.survey import Survey, survey

IN_MEMORY_BYTES = 2 * 2**30
"""By default, decoded images of up to this size are held in memory."""

DECODER = 1
"""Version of the decoding, to be increased when files give other pixels, so that old cache entries are not used."""

_logger = logging.getLogger("gpreg")


@dataclass(frozen=True, kw_only=True)
class Held:
    """The decoded images of a folder.

    Attributes:
        survey: the result of decoding each file once.
        images: ``(N, C, H, W)`` of uint8, the readable images in order; ``None``: they are decoded batch by batch.
        large: whether they are too large to be copied to a device all at once.
    """

    survey: Survey
    images: Tensor | None
    large: bool = False


class MappedImages:
    """Decoded images on disk, of which batches are read.

    Args:
        images: ``(N, C, H, W)`` of uint8.
    """

    def __init__(self, images: Tensor) -> None:
        self._images = images
        self.shape: tuple[int, ...] = tuple(images.shape[1:])

    def __len__(self) -> int:
        return len(self._images)

    def batch(self, numbers: Sequence[int]) -> Tensor:
        """The images with these indices, ``(B, C, H, W)``."""
        return self._images[torch.tensor(numbers)]


def hold(
    files: ImageFiles,
    what: str,
    depends: Mapping[str, Any],
    *,
    in_memory: bool | None,
    cache: bool,
    workers: int,
) -> Held:
    """Decode every file once, and keep the images where they fit; or take them from the cache of an earlier run.

    Args:
        files: the images.
        what: what messages on progress call the images.
        depends: all that the decoded images depend on, as JSON data.
        in_memory: ``True``: hold all images in memory; ``False``: decode them batch by batch; ``None``: hold up to
            :data:`IN_MEMORY_BYTES`, else read them from the cache, or decode them batch by batch if they do not fit
            there.
        cache: whether images and survey are kept on disk.
        workers: number of processes that decode; 0: this process decodes.
    """
    size = files.decoded_bytes
    small = size <= IN_MEMORY_BYTES if in_memory is None else in_memory
    if cache:
        store, key = ImageCache(), key_of({**depends, "decoder": DECODER, "pillow": PIL.__version__})
        on_disk = in_memory is not False and store.has_room(size)
        entry = store.find(key, files.shape, len(files))
        if entry and in_memory is False:
            return Held(survey=entry.survey, images=None)
        if entry and entry.pixels is not None:
            return Held(survey=entry.survey, images=_as_tensor(entry.pixels), large=not small)
        if entry and not on_disk and not small:
            return Held(survey=entry.survey, images=None)
        try:
            with store.making(key, size if on_disk else 0) as making:
                if on_disk:
                    found = survey(files, what, workers=workers, keep=making.add)
                    entry = making.finish(found, (len(files) - len(found.unreadable), *files.shape), pixels=True)
                    assert entry.pixels is not None
                    return Held(survey=found, images=_as_tensor(entry.pixels), large=not small)
                held = _decoded(files, what, small, workers)
                making.finish(held.survey, files.shape, pixels=False)
                return held
        except OSError as error:
            _logger.warning("decoded images cannot be kept in %s and will be decoded again: %s", store.folder, error)
    return _decoded(files, what, small, workers)


def _decoded(files: ImageFiles, what: str, small: bool, workers: int) -> Held:
    if not small:
        return Held(survey=survey(files, what, workers=workers, keep=lambda images: None), images=None)
    images, done = torch.empty(len(files), *files.shape, dtype=torch.uint8), 0

    def keep(batch: Tensor) -> None:
        nonlocal done
        images[done : done + len(batch)] = batch
        done += len(batch)

    found = survey(files, what, workers=workers, keep=keep)
    return Held(survey=found, images=images[:done])


def _as_tensor(pixels: Pixels) -> Tensor:
    with warnings.catch_warnings():  # torch warns that the array is read-only; nobody writes to it
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(pixels)

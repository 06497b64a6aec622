"""Where the decoded images of a folder are while a run uses them: in memory, on disk, or nowhere."""

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
"""Decoded images up to this size are held in memory, unless the options say otherwise."""

DECODER = 1
"""Counts changes in how files become pixels, so that older entries of the cache are not used."""

_logger = logging.getLogger("gpreg")


@dataclass(frozen=True, kw_only=True)
class Held:
    """Decoded images.

    Attributes:
        survey: what the first look at the files found.
        images: ``(N, C, H, W)`` of uint8, those that could be read, in order; ``None``: decoded batch by batch.
        large: whether they are too many to be copied to a device at once.
    """

    survey: Survey
    images: Tensor | None
    large: bool = False


class MappedImages:
    """Images on disk, already decoded, read a batch at a time.

    Args:
        images: ``(N, C, H, W)`` of uint8.
    """

    def __init__(self, images: Tensor) -> None:
        self._images = images
        self.shape: tuple[int, ...] = tuple(images.shape[1:])

    def __len__(self) -> int:
        return len(self._images)

    def batch(self, numbers: Sequence[int]) -> Tensor:
        """The images with these numbers, ``(B, C, H, W)``."""
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
    """Look at every file once, and keep what was decoded where it fits; or find what an earlier run kept.

    Args:
        files: the images.
        what: they are called where progress is told.
        depends: all that the decoded images depend on, as JSON knows it.
        in_memory: ``True``: hold them however many they are; ``False``: decode them batch by batch; ``None``: hold up
            to :data:`IN_MEMORY_BYTES`, read more from the cache, and decode batch by batch what does not fit there.
        cache: whether what was decoded, and what was found, is kept on disk.
        workers: processes that decode; 0: this one.
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
    with warnings.catch_warnings():  # it may not be written to, and never is
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(pixels)

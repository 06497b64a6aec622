"""The survey of a folder's images: each is decoded once, before anything is trained."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from gpreg.data.loading import load
from gpreg_datasets.decoding import Trait
from gpreg_datasets.image_files import FirstLook, ImageFiles

BATCH = 64
"""Number of images that a worker decodes at a time."""

QUIET_SECONDS, EVERY_SECONDS = 2.0, 10.0
"""Seconds until the first message on progress, and between later ones."""

_logger = logging.getLogger("gpreg")


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The result of a survey.

    Attributes:
        unreadable: unreadable files by name, with the reason.
        traits: number of images with each :class:`Trait`.
    """

    unreadable: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, int] = field(default_factory=dict)

    def to_table(self) -> dict[str, Any]:
        """The survey as JSON data."""
        return {"unreadable": dict(self.unreadable), "traits": dict(self.traits)}

    @classmethod
    def from_table(cls, table: Any) -> "Survey":
        """The inverse of :meth:`to_table`.

        Raises:
            ValueError: it is no such table.
        """
        try:
            unreadable, traits = dict(table["unreadable"]), dict(table["traits"])
        except (TypeError, KeyError) as error:
            raise ValueError("it is no survey") from error
        if not all(isinstance(text, str) for text in (*unreadable.values(), *unreadable, *traits)):
            raise ValueError("it is no survey")
        if not all(type(count) is int and count >= 0 for count in traits.values()):
            raise ValueError("it is no survey")
        return cls(unreadable=unreadable, traits=traits)


def survey(files: ImageFiles, what: str, *, workers: int, keep: Callable[[Tensor], object]) -> Survey:
    """Decode every file once, in order.

    Args:
        files: the files to decode.
        what: what messages on progress call the files.
        workers: number of processes that decode; 0: this process decodes.
        keep: a function that is given the readable images, ``(B, C, H, W)`` of uint8, batch by batch.
    """
    unreadable: dict[str, str] = {}
    traits = dict.fromkeys((trait.name or "" for trait in Trait), 0)
    progress, done = _Progress(what, len(files)), 0
    batches = [range(first, min(first + BATCH, len(files))) for first in range(0, len(files), BATCH)]
    for numbers, (images, of_each, failed) in zip(
        batches, load(FirstLook(files), batches, workers=workers), strict=True
    ):
        keep(images)
        unreadable.update(failed)
        for trait in Trait:
            traits[trait.name or ""] += sum(bool(one & trait) for one in of_each)
        done += len(numbers)
        progress.tell(done)
    return Survey(unreadable=unreadable, traits=traits)


class _Progress:
    """Logs a line on progress now and then, if the survey takes long."""

    def __init__(self, what: str, of: int) -> None:
        self._what, self._of = what, of
        self._began = time.monotonic()
        self._due = self._began + QUIET_SECONDS

    def tell(self, done: int) -> None:
        """Log how many files are done, if a message is due."""
        now = time.monotonic()
        if now < self._due or done == self._of:
            return
        self._due = now + EVERY_SECONDS
        left = (now - self._began) / done * (self._of - done)
        _logger.info("reading %s: %s of %s, about %.0f s left", self._what, f"{done:,}", f"{self._of:,}", left)

"""The observer: what watches a run."""

from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor


class Observer(ABC):  # noqa: B024 -- every method has a default: an observer overrides what it needs
    """Receives what happens in a run: called in the main process, at ticks. It must not change its arguments.

    >>> class Teller(Observer):
    ...     def scalars(self, step, values):
    ...         print(step, *values.items())
    >>> Teller().scalars(100, {"penalty": 0.5})
    100 ('penalty', 0.5)
    """

    def start(self, folder: Path, recipe: Mapping[str, Any], step: int) -> None:  # noqa: B027 -- likewise
        """A run starts, or continues at generator step ``step``, in ``folder``."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:  # noqa: B027 -- likewise
        """Numbers at a generator step: losses, penalty, scores, images per second."""

    def images(self, step: int, name: str, images: Tensor) -> None:  # noqa: B027 -- likewise
        """Pictures at a generator step: ``(N, C, H, W)`` in [0, 1]."""

    def finish(self) -> None:  # noqa: B027 -- likewise
        """The run ended, whether completed, failed or stopped."""

"""The observer: a run's scalars and pictures as TensorBoard events."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from gpreg.interfaces import Observer

FLUSH_SECONDS = 10
"""Seconds between writes of events to the disk: a killed run loses at most the events of this time."""


class TensorBoard(Observer):
    """Writes event files into the run's folder ``tensorboard``; ``tensorboard --logdir RUN`` shows them.

    Steps are generator steps. A resumed run opens another event file, which makes TensorBoard ignore what the
    interrupted run had written at and after the step of the checkpoint.
    """

    _writer: SummaryWriter | None = None

    def start(self, folder: Path, recipe: Mapping[str, Any], step: int) -> None:
        """Open an event file, purge the events of earlier files from ``step`` on, and add the recipe as a text."""
        self._writer = SummaryWriter(folder / "tensorboard", purge_step=step, flush_secs=FLUSH_SECONDS)
        block = json.dumps(recipe, indent=2, default=str)
        self._writer.add_text("recipe", f"```json\n{block}\n```", step)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to the curve of each name."""
        for name, value in values.items():
            self._open.add_scalar(name, value, step)

    def images(self, step: int, name: str, images: Tensor) -> None:
        """One picture: ``(N, C, H, W)`` in [0, 1] as a grid of eight columns."""
        self._open.add_images(name, images, step)

    def finish(self) -> None:
        """Write what is pending and close the event file; a run that never started has none."""
        if self._writer is not None:
            self._writer.close()

    @property
    def _open(self) -> SummaryWriter:
        assert self._writer is not None, "scalars and images come after start"
        return self._writer

"""The observer: a run's scalars and pictures for trackio, which a process of its own records."""

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from gpreg.interfaces import Observer
from gpreg.pictures.grid import grid
from gpreg.registry.plain import plain
from gpreg_trackio.options import TrackioOptions

_log = logging.getLogger("gpreg.trackio")

COLUMNS = 8
FINISH_SECONDS = 60
"""Most seconds that the end of a run waits for what is still being written."""

_REMOTE = ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL", "TRACKIO_BUCKET_ID", "TRACKIO_DATASET_ID", "TRACKIO_WEBHOOK_URL")


class Trackio(Observer):
    """Records a run with trackio; ``TRACKIO_DIR=RUN/trackio trackio show --project gpreg`` shows it.

    Steps are generator steps. trackio knows one folder and one current run in a process, so each run has a process of
    its own, :mod:`gpreg_trackio.recorder`, which ends with the run, however that ends. A run goes on if recording
    fails: a warning says why, and its folder has all numbers anyway.
    """

    _recorder: subprocess.Popen[bytes] | None = None
    _output: Path

    def __init__(self, options: TrackioOptions) -> None:
        self._options = options

    def start(self, folder: Path, recipe: Mapping[str, Any], step: int) -> None:
        """Start recording; of a run that goes on, what was recorded after ``step`` is dropped."""
        asked = self._options
        place = (asked.folder or folder / "trackio").expanduser().absolute()
        place.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"TRACKIO_DIR": str(place)}
        if asked.space_id is None:
            environment = {name: value for name, value in environment.items() if name not in _REMOTE}
            environment["HF_HUB_OFFLINE"] = "1"  # else a user who is logged in to the hub is looked up there
        self._output = place / f"{folder.name}.log"
        with self._output.open("ab") as output:
            self._recorder = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("recorder.py"))],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the run, whose end is the recorder's
            )
        self._send(
            project=asked.project,
            name=asked.name or folder.name,
            space_id=asked.space_id,
            step=step,
            config=plain(recipe, infinity="text", nan="text"),
        )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to the curve of each name."""
        self._send(step=step, scalars={name: float(value) for name, value in values.items()})

    def images(self, step: int, name: str, images: Tensor) -> None:
        """One picture: ``(N, C, H, W)`` in [0, 1] as a grid of eight columns."""
        file = BytesIO()
        Image.fromarray(grid(images, COLUMNS, pad=0, scale=1)).save(file, "PNG")
        self._send(step=step, name=name, png=base64.b64encode(file.getvalue()).decode())

    def finish(self) -> None:
        """Wait until everything is recorded."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        try:
            recorder.communicate(timeout=FINISH_SECONDS)
        except subprocess.TimeoutExpired:
            recorder.kill()
            recorder.communicate()
        if recorder.returncode:
            self._warn(recorder.returncode)

    def _send(self, **message: Any) -> None:
        recorder = self._recorder
        if recorder is None or recorder.stdin is None:
            return
        try:
            recorder.stdin.write(json.dumps(message).encode() + b"\n")
            recorder.stdin.flush()
        except BrokenPipeError:
            self._recorder = None
            with suppress(BrokenPipeError):  # closing writes the rest, which nobody reads
                recorder.stdin.close()
            self._warn(recorder.wait())

    def _warn(self, status: int) -> None:
        told = self._output.read_text(encoding="utf-8", errors="replace").split("\n")
        reason = next((line for line in reversed(told) if line.strip()), f"exit status {status}")
        _log.warning("Warning: trackio stopped recording: %s; %s has all that it said", reason, self._output)

"""A tick in progress: its speed, and its state in a checkpoint if the run is stopped before its end."""

import math
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gpreg.runs.expected import MismatchError, check_number
from gpreg.training.game import Iteration
from gpreg.training.setup import Setup


class Tick:
    """Counts steps and seconds since the last tick, without the time that the work at a tick takes.

    Args:
        step: number of generator steps done.
    """

    def __init__(self, step: int) -> None:
        self.begin(step)

    def begin(self, step: int, *, steps: int = 0, seconds: float = 0.0) -> None:
        """Begin to count at a step, with the steps and seconds of this tick before the run was stopped."""
        self._step, self._started = step - steps, time.perf_counter() - seconds

    def pace(self, step: int, setup: Setup) -> dict[str, float]:
        """Steps, seconds, and real images per second that the critic saw; synchronises with the device."""
        if setup.device.type == "cuda":
            torch.cuda.synchronize(setup.device)
        seconds = time.perf_counter() - self._started
        settings = setup.recipe.training
        images = (step - self._step) * settings.critic_steps * settings.batch_size * setup.ranks.count
        done = {"steps": step - self._step, "seconds": seconds}
        return {**done, "images_per_second": images / seconds if seconds else 0.0}


def snapshot(iteration: Iteration) -> dict[str, float]:
    """Statistics of the critic in the last step of the tick."""
    critic = iteration.critic
    values = {"d_real": float(critic.d_real.detach().mean()), "d_fake": float(critic.d_fake.detach().mean())}
    if critic.terms is not None:
        values["gradient_norm"] = float(critic.terms.gradient_norms.mean())
    return values


def unread(rows: Tensor, measured: Mapping[str, float]) -> dict[str, Any]:
    """The state of a tick in progress for a checkpoint: the statistics' rows that are unread, and what was measured."""
    return {"rows": rows, "measured": dict(measured)}


def read_unread(found: object) -> tuple[Tensor, dict[str, float]] | None:
    """The inverse of :func:`unread`; ``None`` for a checkpoint that was written at the end of a tick.

    Raises:
        MismatchError, CheckpointError: it is not what that writes.
    """
    if found is None:
        return None
    if not isinstance(found, Mapping) or not isinstance(found.get("measured"), Mapping):
        raise MismatchError("the checkpoint's tick in progress is none")
    rows, measured = found.get("rows"), found["measured"]
    if not isinstance(rows, Tensor):
        raise MismatchError("the checkpoint's tick in progress has no statistics")
    if rows.layout is not torch.strided or not rows.is_contiguous():  # strides may repeat one row millions of times
        raise MismatchError("the checkpoint's tick in progress has statistics that are no rows of numbers")
    for name, value in measured.items():
        if not isinstance(name, str) or type(value) not in (int, float) or not math.isfinite(value):
            raise MismatchError("the checkpoint's tick in progress has something measured that is no number")
    for name in ("steps", "seconds"):
        check_number(measured.get(name), f"{name} of the tick in progress")
    return rows, {**measured, "steps": int(measured["steps"])}

"""What a critic was called at, batch by batch: at the real samples, at the fake ones, or elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gpreg_verify.probes import Call
from gpreg_verify.subject import Trial


@dataclass(frozen=True, kw_only=True)
class Group:
    """One batch of points.

    Attributes:
        label: ``"real"``, ``"fake"``, or ``"x1"``, ``"x2"``, ... for points that are neither.
        points: ``(B, *x)``.
        outputs: what the critic returned, ``(B,)``.
        tracked: whether the points could be differentiated.
    """

    label: str
    points: Tensor
    outputs: Tensor
    tracked: bool


def groups(trial: Trial) -> list[Group]:
    """The batches that the critic was called at, in order; calls one by one count as one batch, and repeats once."""
    found: list[Group] = []
    others = 0
    for points, outputs, tracked in _batches(trial):
        if same(points, trial.real):
            label = "real"
        elif same(points, trial.fake):
            label = "fake"
        else:
            others += 1
            label = f"x{others}"
        known = [group for group in found if group.tracked == tracked and same(group.points, points)]
        if not known:
            found.append(Group(label=label, points=points, outputs=outputs, tracked=tracked))
        elif label.startswith("x"):
            others -= 1
    return found


def same(a: Tensor, b: Tensor) -> bool:
    """Whether two batches are equal up to the roundoff of float32, or of the dtype of the first."""
    roundoff = max(1e-5, 4 * torch.finfo(a.dtype).eps)
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=roundoff, atol=roundoff / 10)


def _batches(trial: Trial) -> Iterator[tuple[Tensor, Tensor, bool]]:
    size = len(trial.real)
    waiting: list[Call] = []
    for call in trial.calls:
        if waiting and (waiting[-1].tracked != call.tracked or len(call.points) >= size):
            waiting = []
        if len(call.points) >= size:
            if len(call.points) % size == 0 and len(call.outputs) == len(call.points):
                for start in range(0, len(call.points), size):
                    rows = slice(start, start + size)
                    yield call.points[rows], call.outputs[rows], call.tracked
            continue
        waiting.append(call)
        if sum(len(call.points) for call in waiting) == size:
            yield torch.cat([c.points for c in waiting]), torch.cat([c.outputs for c in waiting]), call.tracked
            waiting = []

"""Grids of images with a row for each class."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gpreg.pictures.grid import Pixels
from gpreg.pictures.rows import legible, rows
from gpreg.runs.classes import Classes

ROWS = 16
"""Classes that a grid shows unless they are chosen: the first ones of more."""


WIDE = 24
"""Images that a line may have unless it is said how many."""


def in_rows(n: int, shown: Sequence[int]) -> Tensor:
    """``(n,)`` labels in int64, one class after the other, so that their rows are equally long or differ by one."""
    each = torch.arange(n) % len(shown)
    return torch.tensor(list(shown))[each.sort().values]


def class_rows(
    images: Tensor, labels: Tensor, shown: Sequence[int], classes: Classes, columns: int | None = None
) -> Pixels:
    """A row for each class that is shown, with its name.

    Args:
        images: ``(N, C, H, W)`` in [0, 1].
        labels: ``(N,)``, of the images; those of other labels are left out.
        shown: the labels of the rows.
        classes: names of all of them.
        columns: images side by side; a class with more goes on in the next line. ``None``: all of a class, but no more
            than :data:`WIDE` or than a square of them all has.
    """
    labels = labels.to(images.device)
    if columns is None:
        longest = max(int((labels == label).sum()) for label in shown)
        columns = _columns(longest, len(images))
    first = len(shown) < classes.number and list(shown) == list(range(len(shown)))
    more = f"the first {len(shown)} of {classes.number:,} classes" if first else ""
    return rows(
        [images[labels == label] for label in shown], [_title(classes, label) for label in shown], columns, caption=more
    )


def _columns(longest: int, n: int) -> int:
    """Images side by side, so that lines are about equally long: of the largest class, of all."""
    lines = math.ceil(longest / max(WIDE, math.isqrt(n)))
    return math.ceil(longest / max(lines, 1))


def way_rows(images: Tensor, labels: Tensor, steps: int, classes: Classes) -> Pixels:
    """Ways of so many steps each, ``(ways * steps, C, H, W)`` in [0, 1], in rows with the name of their class."""
    return rows(images.split(steps), [_title(classes, label) for label in labels.tolist()])


def _title(classes: Classes, label: int) -> str:
    return legible(classes.name(label), f"class {label}")

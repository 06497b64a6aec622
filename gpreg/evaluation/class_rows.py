"""Grids of images with a row for each class."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gpreg.pictures.grid import Pixels, grid
from gpreg.pictures.rows import legible, rows
from gpreg.runs.classes import Classes

ROWS = 16
"""How many classes a grid shows, the first ones, unless some are chosen."""


WIDE = 24
"""Most images in a line unless the number is chosen."""


def in_rows(n: int, shown: Sequence[int]) -> Tensor:
    """``(n,)`` labels in int64, sorted by class, such that the classes' rows differ in length by at most one."""
    each = torch.arange(n) % len(shown)
    return torch.tensor(list(shown))[each.sort().values]


def class_rows(
    images: Tensor, labels: Tensor, shown: Sequence[int], classes: Classes, columns: int | None = None
) -> Pixels:
    """Draw a row with a name for each class that is shown.

    Args:
        images: ``(N, C, H, W)`` in [0, 1].
        labels: ``(N,)``, the labels of the images; images with labels that are not shown are left out.
        shown: the labels of the rows.
        classes: all classes, with their names.
        columns: number of images side by side; a class with more continues in the next line. ``None``: all images of
            a class, but at most :data:`WIDE`, or as many as make the whole grid a square.
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
    """Number of images side by side, for ``longest`` images in the largest class and ``n`` in all."""
    lines = math.ceil(longest / max(WIDE, math.isqrt(n)))
    return math.ceil(longest / max(lines, 1))


def way_rows(images: Tensor, labels: Tensor | None, steps: int, classes: Classes | None) -> Pixels:
    """Draw interpolations of ``steps`` images each, ``(k * steps, C, H, W)`` in [0, 1], in rows, with class names."""
    if classes is None or labels is None:
        return grid(images, steps)
    return rows(images.split(steps), [_title(classes, label) for label in labels.tolist()])


def _title(classes: Classes, label: int) -> str:
    return legible(classes.name(label), f"class {label}")

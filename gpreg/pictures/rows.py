"""A grid of images whose rows have names, such as a row for each class."""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.pictures import style
from gpreg.pictures.grid import Pixels, grid

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

TYPE_SIZE = 13
"""Size of the names' font, in pixels."""

MARGIN = 8
"""Width in pixels of the white space on both sides of a name."""

LONGEST = 180
"""Most pixels that a name may take; a longer one is cut."""


def rows(images: Sequence[Tensor], names: Sequence[str], columns: int | None = None, *, caption: str = "") -> Pixels:
    """Images in rows on white, each row with its name at the left.

    Args:
        images: ``(n_k, C, H, W)`` in [0, 1] for row k, as for :func:`grid`; the numbers n_k may differ, and may be 0.
        names: names of the rows; one that is too long is cut.
        columns: number of images side by side; a row with more continues in the next line. ``None``: as many as the
            longest row has.
        caption: a line of text below the grid.

    Returns:
        ``(H', W', 3)``.

    Raises:
        UsageError: there is no image, or images are of another shape.
    """
    longest = max(map(len, images), default=0)
    if not longest or len(images) != len(names):
        raise UsageError(f"{len(images)} rows of up to {longest} images have {len(names)} names; there must be a few")
    columns = min(columns or longest, longest)
    lines = [max(1, math.ceil(len(row) / columns)) for row in images]
    filled = [
        torch.cat([row.cpu(), row.new_ones((count * columns - len(row), *row.shape[1:]), device="cpu")])
        for row, count in zip(images, lines, strict=True)
    ]
    picture = grid(torch.cat(filled), columns)
    height = (len(picture) - 2) / sum(lines)
    tops = [sum(lines[:row]) * height + 2 for row in range(len(lines))]
    return _with_names(picture, [(_cut(name), top, height) for name, top in zip(names, tops, strict=True)], caption)


def legible(name: str, otherwise: str) -> str:
    """A name, or ``otherwise`` if the name is empty or has characters that the font lacks."""
    return name if name.strip() and all(ord(sign) in _signs() for sign in name) else otherwise


def _with_names(picture: Pixels, names: Sequence[tuple[str, float, float]], caption: str) -> Pixels:
    """The picture with names at its left, each with the top and height of its line, and a caption below."""
    from PIL import Image, ImageDraw

    font = _font()
    left = MARGIN + math.ceil(max(font.getlength(name) for name, _, _ in names)) + MARGIN
    below = TYPE_SIZE + MARGIN if caption else 0
    right = left + picture.shape[1]
    if caption:
        right = max(right, math.ceil(font.getlength(caption)) + 2 * MARGIN)
    canvas = Image.new("RGB", (right, len(picture) + below), "white")
    canvas.paste(Image.fromarray(picture), (left, 0))
    draw = ImageDraw.Draw(canvas)
    for name, top, height in names:
        draw.text((left - MARGIN, top + height / 2 - 1), name, fill=style.INK, font=font, anchor="rm")
    draw.text((MARGIN, len(picture) + below / 2 - 1), caption, fill=style.MUTED, font=font, anchor="lm")
    return np.asarray(canvas)


def _cut(name: str) -> str:
    """The beginning of a name that fits into :data:`LONGEST` pixels."""
    font = _font()
    if len(name) > LONGEST:  # measuring a very long name again and again would take for ever
        name = f"{name[:LONGEST]}…"
    if font.getlength(name) <= LONGEST:
        return name
    while font.getlength(f"{name}…") > LONGEST:
        name = name[:-1]
    return f"{name}…"


def _font_file() -> Path:
    style.import_matplotlib()
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"  # which the figures use too


@cache
def _font() -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(_font_file(), TYPE_SIZE)


@cache
def _signs() -> frozenset[int]:
    style.import_matplotlib()
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_font_file())).get_charmap())

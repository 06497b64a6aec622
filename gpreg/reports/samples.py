"""Pictures of samples, small and few enough to travel inside a page."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from gpreg.disk.refusal import found as reading
from gpreg.disk.regular import read_bytes
from gpreg.errors import GpregError, UsageError

MOST = 48
"""Most pictures in a page."""

WIDTH = 720
"""Most pixels of a picture's width, and of its height; a larger one is made smaller."""

COLOURS = 96
"""Most colours of a picture; more make a file several times as large, and look the same."""

BYTES, PIXELS = 2**25, 2**25
"""A file that is longer, or a picture that has more pixels, is none of a run."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture in a page.

    Attributes:
        names: the rows that it is of; several if their pictures are the same.
        note: a few words more.
        data: as a ``data:`` address.
        width, height: in pixels.
    """

    names: tuple[str, ...]
    note: str
    data: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A picture that is wanted.

    Attributes:
        name: the row that it is of.
        note: a few words more, such as the column and the step.
        file: reads the PNG.
    """

    name: str
    note: str
    file: Callable[[], bytes]


def pictures(wanted: Iterable[Wanted], faults: list[str]) -> list[Picture]:
    """Read pictures, make them small, and put equal ones together.

    Args:
        wanted: in the order of the page; those after the first :data:`MOST` different ones are left out.
        faults: gets a line for each that cannot be read.
    """
    found: dict[tuple[bytes, str], tuple[list[str], tuple[int, int]]] = {}
    for each in wanted:
        try:
            content, size = small(each.file(), each.name)
        except GpregError as error:
            faults.append(error.message)
            continue
        key = content, each.note
        if key in found:
            found[key][0].append(each.name)
        elif len(found) < MOST:
            found[key] = [each.name], size
    return [
        Picture(
            names=tuple(names),
            note=note,
            data=f"data:image/png;base64,{b64encode(content).decode()}",
            width=size[0],
            height=size[1],
        )
        for (content, note), (names, size) in found.items()
    ]


def saved(path: Path) -> Callable[[], bytes]:
    """A picture that a run left."""

    def read() -> bytes:
        with reading(path):
            return read_bytes(path, BYTES)

    return read


def small(content: bytes, name: str) -> tuple[bytes, tuple[int, int]]:
    """A PNG as a smaller PNG with few colours, and its width and height.

    Raises:
        UsageError: it is no such picture.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as image:
            if image.width * image.height > PIXELS:
                raise UsageError(
                    f"the picture of {name} has {image.width} x {image.height} pixels, as no picture of a run has"
                )
            picture = image.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:  # Pillow raises each of these for a damaged file
        raise UsageError(f"the picture of {name} cannot be read: {error}") from error
    picture.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
    packed = BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(packed, format="PNG", optimize=True)
    return packed.getvalue(), picture.size

"""Read the text of a recipe's file; what cannot be a recipe is refused before it is read whole."""

import os
import stat
from pathlib import Path

from gpreg.disk.regular import kind_of
from gpreg.errors import UsageError, did_you_mean

MOST_BYTES = 2**20
"""Most bytes that a recipe may have; the longest that is installed has 2,000."""


def text_of(path: Path) -> str:
    """The text of a file, or of the open pipe that a shell gives a path (``/dev/stdin``, ``<(command)``).

    Raises:
        UsageError: it does not exist, is no file, is too long, or is no text.
    """
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or _open_pipe(path, mode)):
            raise UsageError(f"{path} is no file but {kind_of(mode)}", remedy="name a TOML file")
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except IsADirectoryError as error:
        inside = path / "recipe.toml"
        hint = f"the recipe of that run is {inside}" if inside.is_file() else "name a TOML file"
        raise UsageError(f"{path} is a folder, not a recipe", remedy=hint) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # a NUL in its name
        raise UsageError(f"{str(path)!r} is no name of a file: {error}") from error
    if len(text) > MOST_BYTES:
        raise UsageError(f"{path} is longer than {MOST_BYTES:,} bytes, so it is no recipe")
    try:
        return text.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        utf16 = text.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise UsageError(
            f"{path}:{line}: this is no UTF-8 text{', but UTF-16' if utf16 else ''}, so it is no TOML",
            remedy="save the file as UTF-8",
        ) from error


def _missing(path: Path) -> UsageError:
    beside = [other.name for other in sorted(path.parent.glob("*.toml"))]
    return UsageError(
        f"there is no file {path}{did_you_mean(path.name, beside)}",
        remedy="`gpreg list-recipes` lists the recipes that have a name",
    )


def _open_pipe(path: Path, mode: int) -> bool:
    """Whether the path is an anonymous pipe; reading a named one may wait for a writer for ever."""
    return stat.S_ISFIFO(mode) and not os.path.exists(os.path.realpath(path))

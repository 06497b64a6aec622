"""Where a user's class or function is defined, for errors that say which file to look at."""

import inspect
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from gpreg.registry.wording import one_line


def definition_of(thing: object) -> Any:
    """A class or function itself; of any other object, its class."""
    return thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)


def place_of(thing: object) -> str:
    """Name, file and line of a class or function, or of an object's class: ``"Faces (faces.py:12)"``.

    It is the name alone if there is no file (something typed into a terminal), or if the file is part of an installed
    package.
    """
    named = definition_of(thing)
    name = str(getattr(named, "__qualname__", named)).rpartition("<locals>.")[2]
    try:
        file = inspect.getsourcefile(named)
        line = _first_line(named)
    except (OSError, TypeError, IndexError):  # built in, or typed into a terminal
        return one_line(name)
    return one_line(f"{name} ({_near(file)}:{line})" if file and "site-packages" not in file else name)


def _first_line(named: Any) -> int:
    """The line on which a class or function begins.

    Python 3.11 parses the file to find a class, and fails if the garbage collector makes something else parse then:
    https://github.com/python/cpython/issues/106905. A second attempt finds nothing left to collect.
    """
    try:
        return inspect.getsourcelines(named)[1]
    except SystemError:
        return inspect.getsourcelines(named)[1]


def raised_at(error: BaseException, file: str | os.PathLike[str] | None = None) -> str:
    """File and line where an exception was raised, ``"faces.py:31"``: the innermost line in ``file``, or in any file.

    Empty if there is no such line.
    """
    found = ""
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if file is None or name == os.fspath(file):
            found = f"{_near(name)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    if isinstance(error, SyntaxError) and error.filename and (file is None or error.filename == os.fspath(file)):
        found = f"{_near(error.filename)}:{error.lineno}"
    return one_line(found)


def source_of(thing: object) -> str | None:
    """The file in which a class or function, or an object's class, is defined."""
    try:
        return inspect.getsourcefile(definition_of(thing))
    except TypeError:
        return None


def _near(file: str) -> str:
    """The path relative to the current folder, if the file is inside it."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file

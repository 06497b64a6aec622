"""Where somebody's class or function is defined, for errors that say which file to look at."""

import inspect
import os
from pathlib import Path
from types import TracebackType

from gpreg.registry.wording import one_line


def place_of(thing: object) -> str:
    """``"Faces (faces.py:12)"``: the name of a class or function, or of an object's class, and its file and line.

    The name alone where there is no file, as for what was typed into a terminal, and for what was installed.
    """
    named = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    name = str(getattr(named, "__qualname__", named)).rpartition("<locals>.")[2]
    try:
        file = inspect.getsourcefile(named)
        line = inspect.getsourcelines(named)[1]
    except (OSError, TypeError, IndexError):  # built in, or typed
        return one_line(name)
    return one_line(f"{name} ({_near(file)}:{line})" if file and "site-packages" not in file else name)


def raised_at(error: BaseException, file: str | os.PathLike[str] | None = None) -> str:
    """``"faces.py:31"``: the innermost line of a file that an exception passed through, of any file without one.

    Empty where there is no such line.
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
    """The file that a thing's class, or the class or function itself, is defined in."""
    try:
        return inspect.getsourcefile(thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing))
    except TypeError:
        return None


def _near(file: str) -> str:
    """As seen from the current folder, if it is below that."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file

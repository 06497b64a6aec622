"""Python files as plugins without a package. A file is run only if the user gave its path."""

import hashlib
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from inspect import isclass, isroutine
from pathlib import Path
from types import ModuleType
from typing import Any

from gpreg.errors import GpregError, PluginError, UsageError, did_you_mean
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import Kind
from gpreg.registry.loading import collect, has_hooks
from gpreg.registry.place import raised_at
from gpreg.registry.quarantine import only_real_interrupts, quarantine
from gpreg.registry.spec import FILE_NAME, Spec
from gpreg.registry.wording import one_line, reason_of

LARGEST = 2**22
"""Most bytes that a plugin file may have; no handwritten module is longer."""

MOST_TOLD = 12
"""How many of a file's names an error lists."""


def load_file(path: Path, *, must_have_hooks: bool = True, any_version: bool = False) -> PluginRecord:
    """Run one file as a plugin: the same hooks as a package's, marked with ``@gpreg.hookimpl``.

    The file is read once, and the bytes that are run are those that are hashed. Its folder is not added to
    ``sys.path``, so that it can import only what is installed or in ``PYTHONPATH``.

    Args:
        path: path of the file.
        must_have_hooks: whether to refuse a file without hooks; a file that is used as ``FILE.py:NAME`` needs none.
        any_version: whether a run may be continued with the file although the file has changed since.

    Raises:
        UsageError: there is no such file.
        PluginError: the file is no Python, fails, or has no hook; the message names file and line.
    """
    place = path.expanduser().absolute()
    if not FILE_NAME.fullmatch(place.name):
        raise UsageError(
            f"{one_line(str(path))} cannot be a plugin: its name must end with .py and have letters, digits, '.', "
            "'_' and '-' alone",
            remedy="rename it",
        )
    source = _source(place)
    digest = hashlib.sha256(source).hexdigest()
    module = ModuleType(f"{re.sub(r'[^0-9a-zA-Z]', '_', place.stem)}_{digest[:8]}")
    module.__file__ = str(place)
    sys.modules[module.__name__] = module  # where dataclasses, pickle and inspect look it up
    record = PluginRecord(
        name=place.name,
        package=place.name,
        version=digest[:12],
        module=module.__name__,
        path=str(place),
        sha256=digest,
        namespace=module,
        any_version=any_version,
    )
    try:
        with only_real_interrupts(), quarantine():
            exec(compile(source, str(place), "exec", dont_inherit=True), module.__dict__)
            specs = collect(module, record.package, record.version) if must_have_hooks or has_hooks(module) else {}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may raise anything, SystemExit too
        at = raised_at(error, place) or str(path)
        raise PluginError(f"plugin file {at}: {reason_of(error)}", remedy=_remedy(error)) from error
    return replace(record, specs=specs)


def load_files(
    paths: Iterable[Path], *, without_hooks: Iterable[str] = (), any_version: bool = False
) -> tuple[PluginRecord, ...]:
    """Run several files as plugins; one that is given twice is run once.

    Args:
        paths: paths of the files.
        without_hooks: names of those files that need no hooks.
        any_version: as in :func:`load_file`.

    Raises:
        UsageError: two files have the same name, or one does not exist.
        PluginError: a file does not load.
    """
    places = dict.fromkeys(path.expanduser().resolve() for path in paths)
    by_name: dict[str, Path] = {}
    for place in places:
        if (other := by_name.setdefault(place.name, place)) != place:
            raise UsageError(
                f"{other} and {place} have the same name, by which a recipe tells files apart", remedy="rename one"
            )
    free = frozenset(without_hooks)
    return tuple(load_file(place, must_have_hooks=place.name not in free, any_version=any_version) for place in places)


def in_file(records: Iterable[PluginRecord], kind: Kind[Any, Any], name: str) -> Spec:
    """The spec of ``FILE.py:NAME``, where the file was loaded as a plugin; recipes name files without their folders.

    Raises:
        UsageError: the file was not given, or does not define the name.
        GpregError: what the name stands for is not of this kind.
    """
    file, _, attribute = name.rpartition(":")
    record = next((one for one in records if one.path and Path(one.path).name == Path(file).name), None)
    if record is None:
        raise UsageError(
            f"{kind} {name!r} is defined in a file, {file}, that was not given",
            remedy=f"add --plugin {file}; in Python: plugins=[{file!r}]",
        )
    defined = {
        word: thing
        for word, thing in vars(record.namespace).items()
        if not word.startswith("_") and not isinstance(thing, ModuleType)
    }
    if attribute not in defined:
        here = [word for word, thing in defined.items() if not _is_imported(thing, record.module)]
        raise UsageError(
            f"{record.path} defines no {attribute!r}{did_you_mean(attribute, here)}",
            remedy=f"it defines {', '.join(here[:MOST_TOLD]) or 'nothing'}",
        )
    spec: Spec = import_module("gpreg.objects").spec_of(kind, defined[attribute], name=name, package=record.package)
    return replace(spec, version=record.version)


def _is_imported(thing: object, module: str) -> bool:
    return (isclass(thing) or isroutine(thing)) and getattr(thing, "__module__", module) != module


def _source(place: Path) -> bytes:
    if not place.exists():
        near = did_you_mean(place.name, [other.name for other in sorted(place.parent.glob("*.py"))])
        raise UsageError(f"there is no file {place}{near}", remedy="give the path of a Python file")
    if not place.is_file():  # opening a named pipe would wait for a writer
        raise UsageError(f"{place} is no file", remedy="give the path of a Python file")
    try:
        with place.open("rb") as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}") from error
    if len(source) > LARGEST:
        raise UsageError(f"{place} has more than {LARGEST:,} bytes, so it is no plugin")
    return source


def _remedy(error: BaseException) -> str | None:
    if isinstance(error, ModuleNotFoundError):
        return "what it imports must be installed, or be in a folder that PYTHONPATH names"
    return error.remedy if isinstance(error, GpregError) else None

"""Import a user's file or module, and find the function in it that is meant."""

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.registry.wording import one_line, type_name

MOST_TOLD = 12
"""How many names an error lists."""

_NAME = re.compile(
    r"penal|regulari|gradient|grad_norm|lipschitz|dragan|(^|_)(gp|lp|[01]gp|a?r[12])(_|$|\d)", re.IGNORECASE
)
"""What penalties are called."""

_GRADIENTS = {"grad", "autograd", "vjp", "jvp"}
"""Names that code uses which takes gradients."""


def find(source: str, attribute: str, word: str) -> tuple[str, Callable[..., Any]]:
    """Import a function, and say what it is called.

    Args:
        source: path of a Python file, or the name of a module.
        attribute: name of a function, a callable instance, a method of either or of a class that needs no arguments;
            empty: the file's only penalty.
        word: how the user named all that.

    Raises:
        UsageError: there is no such function; the message has the nearest name. Besides, what the import raises.
    """
    module = load_file(Path(source)) if source.endswith(".py") else load_module(source)
    if not attribute:
        attribute = only_penalty(module, source)
        word = f"{source}:{attribute}"
    return word, _callable(_reached(module, attribute, source), attribute, source)


def load_file(path: Path) -> ModuleType:
    """Import a file as its project does: its folder and the current one are searched for what it imports.

    A file in a package (its folder has an ``__init__.py``) is imported as a part of it, so that relative imports work.
    """
    path = path.expanduser().absolute()
    names, folder = [path.stem], path.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    _search(folder)
    if len(names) > 1 and all(map(str.isidentifier, names)):
        module = importlib.import_module(".".join(names))
        if module.__file__ and Path(module.__file__).samefile(path):
            return module
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_verified"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses, pickle and inspect look it up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def load_module(name: str) -> ModuleType:
    """Import a module that is installed, or lies in the current folder.

    Raises:
        UsageError: there is no such module.
    """
    _search(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # something that it imports
        raise UsageError(
            f"there is no module {error.name!r} to import",
            remedy="install it, or name its file: gpreg verify FILE.py:FUNCTION",
        ) from None


def _search(*folders: Path) -> None:
    """Search these folders for modules, first of all; and the current one after them."""
    wanted = list(dict.fromkeys(map(str, (*folders, Path.cwd()))))
    sys.path[:0] = [folder for folder in wanted if folder not in sys.path]


def only_penalty(module: ModuleType, source: str) -> str:
    """The name of the only function of a module that looks like a penalty.

    Raises:
        UsageError: there is none, or there are several; the message has their names.
    """
    found = list(penalties(module))
    if len(found) == 1:
        return found[0]
    if found:
        more = f", and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        raise UsageError(
            f"{source} has {len(found)} functions that look like penalties: {', '.join(found[:MOST_TOLD])}{more}",
            remedy=f"name one: gpreg verify {source}:{found[0]}",
        )
    here = [name for name, _ in _defined(module)]
    raise UsageError(
        f"{source} has no function that looks like a penalty",
        remedy=f"name one, gpreg verify {source}:FUNCTION; it defines {', '.join(here[:MOST_TOLD]) or 'none'}",
    )


def penalties(module: ModuleType) -> Iterator[str]:
    """The names of what looks like a penalty in a module: by its name, or because its code takes gradients."""
    for name, thing in _defined(module):
        if not inspect.isclass(thing):
            if _looks_like_one(name, thing):
                yield name
            continue
        methods = {key: _plain(method) for key, method in vars(thing).items() if inspect.isroutine(_plain(method))}
        entry = [key for key in ("__call__", "forward") if key in methods]
        if entry and (_NAME.search(name) or any(_takes_gradients(methods[key]) for key in entry)):
            yield name
        yield from (f"{name}.{key}" for key, method in methods.items() if _looks_like_one(key, method))


def _defined(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions, classes and callable instances that a module defines, and not those that it imports."""
    for name, thing in vars(module).items():
        defined = inspect.isclass(thing) or inspect.isroutine(thing)
        if name.startswith("__") or isinstance(thing, ModuleType) or not callable(thing):
            continue
        if not defined or getattr(thing, "__module__", None) == module.__name__:
            yield name, thing


def _looks_like_one(name: str, thing: Any) -> bool:
    if name == "forward" or name.startswith(("__", "test_")):
        return False
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):  # built in
        return False
    takes = sum(2 if each.kind is each.VAR_POSITIONAL else 1 for each in parameters)
    of_class = "" if inspect.isroutine(thing) else type(thing).__name__
    return takes > 1 and bool(_NAME.search(name) or _NAME.search(of_class) or _takes_gradients(thing))


def _takes_gradients(thing: Any) -> bool:
    of_class = (getattr(type(thing), name, None) for name in ("forward", "__call__"))
    for function in (thing, getattr(thing, "func", None), *of_class):
        code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
        if isinstance(code, CodeType) and _names(code) & _GRADIENTS:
            return True
    return False


def _names(code: CodeType) -> set[str]:
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _plain(method: Any) -> Any:
    """The function of a static method or a class method; anything else itself."""
    return method.__func__ if isinstance(method, staticmethod | classmethod) else method


def _reached(module: ModuleType, attribute: str, source: str) -> Any:
    """What a dotted name stands for. A class on the way to a method is built, if it needs no arguments."""
    thing: Any = module
    path = source
    for word in attribute.split("."):
        missing = object()
        value = getattr(thing, word, missing)
        if value is missing:
            known = [name for name in _public(thing) if callable(getattr(thing, name, None))]
            told = ", ".join(known[:MOST_TOLD]) + (", ..." if len(known) > MOST_TOLD else "")
            raise UsageError(
                f"{path} has no {word!r}{did_you_mean(word, known)}", remedy=f"it has {told or 'no function'}"
            )
        if inspect.isclass(thing) and inspect.isfunction(inspect.getattr_static(thing, word)):
            value = getattr(_built(thing, path, f".{word}"), word)
        thing, path = value, f"{path}{':' if thing is module else '.'}{word}"
    return thing


def _public(thing: Any) -> list[str]:
    if isinstance(thing, ModuleType):
        return [name for name, _ in _defined(thing)] or [name for name in dir(thing) if not name.startswith("_")]
    return [name for name in dir(thing) if not name.startswith("_")]


def _callable(thing: Any, attribute: str, source: str) -> Callable[..., Any]:
    name = f"{source}:{attribute}"
    if inspect.isclass(thing):
        thing = _built(thing, name)
    if callable(thing):
        found: Callable[..., Any] = thing
        return found
    methods = [key for key in _public(thing) if inspect.ismethod(getattr(thing, key, None))]
    raise UsageError(
        f"{name} is no function: it is a {one_line(type_name(thing))}",
        remedy=f"name one of its methods: gpreg verify {name}.{methods[0]}" if methods else "name a function",
    )


def _built(cls: type, name: str, method: str = "") -> Any:
    """An instance of a class that needs no arguments.

    Raises:
        UsageError: it needs some. Besides, what it raises.
    """
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):  # built in
        parameters = {}.values()
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in optional]
    if needed:
        raise UsageError(
            f"{name} is a class, and needs {', '.join(needed)}",
            remedy=f"write an instance into the file, penalty = {cls.__name__}({', '.join(needed)}), and verify that: "
            f"FILE.py:penalty{method}",
        )
    return cls()

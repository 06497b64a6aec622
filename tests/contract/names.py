"""The public names of gpreg, with signatures as the source has them: the same words on every version of Python."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import getsourcefile, isclass
from pathlib import Path

from gpreg.registry.spec import Spec

MODULES = ("gpreg", "gpreg.interfaces", "gpreg.testing", "gpreg.errors", "gpreg.data")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def text() -> str:
    """Each public name of each public module, and what it has that is public."""
    parts = ["\n".join([module, *(f"    {line}" for line in _lines(module))]) for module in MODULES]
    return "\n\n".join(parts) + "\n"


def _lines(module: str) -> Iterator[str]:
    for name, home in sorted(offered(module).items()):
        thing = getattr(import_module(home), name)
        if isclass(thing) and issubclass(thing, Spec):
            yield f"class {name}({Spec.__name__}), whose fields hooks.txt has"
        elif isclass(thing) and thing.__module__.partition(".")[0] == "gpreg":
            yield from _class(name, thing)
        else:
            yield from _value(name, home)


def offered(module: str) -> dict[str, str]:
    """Public names, each with the module that defines it: what the module imports, or else defines itself."""
    source = Path(import_module(module).__file__ or "")
    stub = source.with_suffix(".pyi")
    body = _tree(stub if stub.exists() else source).body
    brought = {
        each.asname: node.module or ""
        for node in body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if each.asname
    }
    own = {node.name: module for node in body if isinstance(node, ast.ClassDef | Function)}
    return {name: home for name, home in (brought or own).items() if not name.startswith("_")}


def _class(name: str, thing: type) -> Iterator[str]:
    """A class: its bases, then the public members of it and of its bases in gpreg, each once."""
    node = _definition(thing)
    yield f"class {name}({', '.join(ast.unparse(base) for base in node.bases)})" if node.bases else f"class {name}"
    seen: set[str] = set()
    for one in thing.__mro__:
        if one.__module__.partition(".")[0] == "gpreg":
            body = [*_definition(one).body]
            for member in body:
                found = list(_member(member))
                if found and found[0][0] not in seen:
                    yield from (f"    {line}" for _, line in found)
            seen |= {key for member in body for key, _ in _member(member)}


def _member(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """A public member's name and its line; a field of a dataclass or a constant has its default."""
    if isinstance(node, Function) and (not node.name.startswith("_") or node.name in ("__init__", "__call__")):
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        yield node.name, " ".join([*(f"@{mark}" for mark in marks), _signature(node)])
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
        yield node.target.id, ast.unparse(node)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        if not name.startswith("_"):
            yield name, ast.unparse(node)


def _value(name: str, home: str) -> Iterator[str]:
    """A function with its overloads, or an alias of a type."""
    for node in _tree(Path(import_module(home).__file__ or "")).body:
        if isinstance(node, Function) and node.name == name:
            overload = any(ast.unparse(mark).endswith("overload") for mark in node.decorator_list)
            yield f"{'@overload ' if overload else ''}{_signature(node)}"
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            yield ast.unparse(node)


def _signature(node: Function) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}){returns}"


def annotations(cls: type) -> dict[str, str]:
    """The fields of a dataclass of gpreg, each with its type as the source has it."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__[:-1]):
        for node in _definition(one).body:
            if isinstance(node, ast.AnnAssign):
                found[ast.unparse(node.target)] = ast.unparse(node.annotation)
    return found


def _definition(thing: type) -> ast.ClassDef:
    nodes: list[ast.stmt] = _tree(Path(getsourcefile(sys.modules[thing.__module__]) or "")).body
    for part in thing.__qualname__.split("."):
        (found,) = (node for node in nodes if isinstance(node, ast.ClassDef) and node.name == part)
        nodes = found.body
    return found


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))

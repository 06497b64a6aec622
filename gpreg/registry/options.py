"""A plugin's options, a frozen dataclass with bounds: read from ``key=value`` words or TOML, written, explained."""

import dataclasses
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from gpreg.errors import OptionError, PluginError, UsageError, did_you_mean
from gpreg.registry.plain import plain
from gpreg.registry.wording import reason_of, shown

_SIGN = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_COMPARE = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}


def option(
    default: Any,
    *,
    help: str,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Sequence[Any] = (),
    read: Callable[[str], Any] | None = None,
) -> Any:
    """One field of an options dataclass.

    Args:
        default: the value if the user gives none; must satisfy the bounds.
        help: one line, with the unit if there is one.
        ge, gt, le, lt: bounds, named as in ``annotated-types``; they apply to each item of a tuple.
        choices: the only values accepted, if any are given; they apply to each item of a tuple.
        read: what becomes of a word before its type is looked at; it raises :class:`gpreg.errors.UsageError` if it
            understands the word and finds it wrong.

    >>> @dataclass(frozen=True, kw_only=True)
    ... class Options:
    ...     scale: float = option(0.5, gt=0, help="size of the noise")
    >>> [(info.name, info.default, info.bounds) for info in describe(Options)]
    [('scale', 0.5, '> 0')]
    """
    bounds = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    bounds = {name: bound for name, bound in bounds.items() if bound is not None}
    metadata = {"help": help, "bounds": bounds, "choices": tuple(choices), "read": read}
    if isinstance(default, dict | list):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class OptionInfo:
    """What a help table says about one option."""

    name: str
    type: str
    default: Any
    bounds: str
    help: str


def describe(options: type | None) -> tuple[OptionInfo, ...]:
    """One :class:`OptionInfo` for each field of an options dataclass; empty for ``None``."""
    return tuple(
        OptionInfo(
            name=field.name,
            type=_type_name(_hints(cast(type, options))[field.name]),
            default=_default(field),
            bounds=_bounds(field),
            help=field.metadata.get("help", ""),
        )
        for field in (dataclasses.fields(options) if options else ())
    )


def fault(options: type) -> str | None:
    """What is wrong with an options dataclass, as the rest of a sentence about it; ``None`` if nothing is.

    Raises:
        Exception: whatever the code of the dataclass raises.
    """
    for info in describe(options):
        if info.default is dataclasses.MISSING:
            return f"gives {info.name!r} no default; write {info.name}: {info.type} = gpreg.option(DEFAULT, help=...)"
        if not isinstance(info.help, str):
            return f"has {info.name!r} with help {shown(info.help)}; it must be text"
        if not _can_be_written(info.default):
            return f"has {info.name!r} with default {shown(info.default)}, which neither TOML nor JSON can write"
    return None


def _can_be_written(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_can_be_written, value))
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _can_be_written(item) for key, item in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    text = plain(value)
    if isinstance(text, str):
        return not any("\ud800" <= each <= "\udfff" for each in text)
    return value is None or isinstance(value, int)


def assignments(words: Iterable[str]) -> dict[str, Any]:
    """``["a=1", "b.c=2"]`` as the nested table that TOML would give: ``{"a": "1", "b": {"c": "2"}}``.

    Raises:
        OptionError: a word has no ``=``, or a key is given both as a value and as a table.
    """
    table: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise OptionError(f"{word!r} is not of the form key=value", remedy="write for example sigma=0.5")
        *parents, leaf = (part.strip() for part in key.split("."))
        if not all((*parents, leaf)):
            raise OptionError(f"key {key!r} has an empty part", remedy="write for example of.mid=0.5")
        node = table
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise OptionError(f"{parent!r} is given both as a value and, in {word!r}, as a table")
        if isinstance(node.get(leaf), dict):
            raise OptionError(f"{leaf!r} is given both as a table and, in {word!r}, as a value")
        node[leaf] = value.strip()
    return table


def parse(options: type | None, values: Mapping[str, Any], *, owner: str) -> Any:
    """An instance of the options dataclass from words or TOML values.

    Args:
        options: the dataclass, or None for a plugin without options.
        values: the given values by name; strings are converted to the field's type (commas separate a tuple's items).
        owner: what errors call the plugin, e.g. ``"measure 'dragan'"``.

    Raises:
        OptionError: there are unknown keys, each listed with the nearest known one, or values of a wrong type or out
            of bounds, each listed with bound and default.
    """
    fields = {field.name: field for field in dataclasses.fields(options)} if options else {}
    problems = {
        key: f"{owner} has no option {key!r}{did_you_mean(key, fields)}"
        + (f" (it has {', '.join(fields)})" if fields else " (it has none)")
        for key in values
        if key not in fields
    }
    read: dict[str, Any] = {}
    for name, field in fields.items():
        if name in values:
            try:
                read[name] = _read(_hints(cast(type, options))[name], field, values[name])
            except ValueError as error:
                problems[name] = f"option {name!r} of {owner} is {_show(values[name])}; {error}"
    if problems:
        subject = owner.replace("'", "")
        remedy = f"`gpreg show {subject}` explains every option"
        raise OptionError("\n".join(problems.values()), remedy=remedy, problems=problems)
    try:
        return options(**read) if options else None
    except ValueError as error:  # the dataclass may check more, such as two options that exclude each other
        raise OptionError(f"options of {owner}: {error}") from error
    except Exception as error:
        raise PluginError(f"the options of {owner} cannot be made: {reason_of(error)}") from error


def to_table(options: Any) -> dict[str, Any]:
    """The options as a table for TOML, with every field, ``None`` as ``"none"``; an empty table if there are none."""
    if options is None:
        return {}
    values = {field.name: plain(getattr(options, field.name)) for field in dataclasses.fields(options)}
    return {name: "none" if value is None else value for name, value in values.items()}


def _read(hint: Any, field: "dataclasses.Field[Any]", value: Any) -> Any:
    import pydantic  # heavy, and needed only when a value is given

    members = _members(hint)
    if isinstance(value, str) and (reader := field.metadata.get("read")):
        try:
            value = reader(value)
        except UsageError as error:
            raise ValueError(str(error)) from error
    if isinstance(value, str):
        if value.lower() == "none" and type(None) in members:
            value = None
        elif any(get_origin(member) in (tuple, list) for member in members):
            value = [item.strip() for item in value.split(",") if item.strip()]
    try:
        if isinstance(value, bool) and bool not in members and {int, float} & set(members):
            raise ValueError("a truth value is no number")
        read = pydantic.TypeAdapter(hint).validate_python(value)
        if not _within(read, field):
            raise ValueError("out of bounds")
    except ValueError as error:  # pydantic.ValidationError is one
        wanted = _bounds(field) if field.metadata.get("choices") else _wanted(hint, _bounds(field))
        near = did_you_mean(str(value), map(str, field.metadata.get("choices", ())))
        raise ValueError(f"it must be {wanted.strip()}{near} (default {_show(_default(field))})") from error
    return read


def _wanted(hint: Any, bounds: str) -> str:
    """The expected type and bounds in words: ``a float >= 0``, or ``a float >= 0 or 'auto'``."""
    words = [member for member in _members(hint) if get_origin(member) is Literal]
    numbers = [member for member in _members(hint) if member not in words]
    if not words or not numbers:
        return f"{_article(_type_name(hint))} {bounds}"
    named = " or ".join(_show(word) for member in words for word in get_args(member))
    return f"{_article(' or '.join(map(_type_name, numbers)))} {bounds}".rstrip() + f" or {named}"


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _within(value: Any, field: "dataclasses.Field[Any]") -> bool:
    if isinstance(value, tuple | list | Mapping):
        return all(_within(item, field) for item in (value.values() if isinstance(value, Mapping) else value))
    if value is None:
        return True
    if isinstance(value, float) and not math.isfinite(value):
        return False
    choices = field.metadata.get("choices", ())
    limits = {} if isinstance(value, str) else field.metadata.get("bounds", {})
    return (not choices or value in choices) and all(_COMPARE[name](value, limit) for name, limit in limits.items())


@cache
def _hints(options: type) -> dict[str, Any]:
    try:
        return get_type_hints(options)
    except Exception as error:
        raise PluginError(
            f"the types of {options.__module__}.{options.__qualname__} cannot be read: {error}",
            remedy="its annotations must name what its module imports at run time, not under TYPE_CHECKING",
        ) from error


def _default(field: "dataclasses.Field[Any]") -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _bounds(field: "dataclasses.Field[Any]") -> str:
    if choices := field.metadata.get("choices"):
        return "one of " + ", ".join(map(_show, choices))
    return " and ".join(f"{_SIGN[name]} {limit:g}" for name, limit in field.metadata.get("bounds", {}).items())


def _type_name(hint: Any) -> str:
    if hint is type(None):
        return "none"
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(_show, get_args(hint)))
    if get_origin(hint) in (tuple, list):
        items = [_type_name(item) for item in get_args(hint) if item is not Ellipsis]
        return f"list of {items[0]}" if len(set(items)) == 1 else f"list of ({', '.join(items)})"
    if len(_members(hint)) > 1:
        return " or ".join(map(_type_name, _members(hint)))
    if get_origin(hint) in (dict, Mapping):
        return "table"
    name = getattr(hint, "__name__", str(hint))
    return {"str": "text", "Path": "path", "bool": "true or false"}.get(name, name)


def _article(noun: str) -> str:
    return (
        noun
        if noun in ("text", "true or false") or noun.startswith("one of")
        else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    )


def _show(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(plain(value))

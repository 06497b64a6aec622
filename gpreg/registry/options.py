"""A plugin's options: a frozen dataclass with bounds <-> ``key=value`` words <-> TOML tables <-> a help table."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from gpreg.errors import OptionError, did_you_mean

_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def option(
    default: Any,
    *,
    help: str,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Sequence[Any] = (),
) -> Any:
    """One field of an options dataclass.

    Args:
        default: the value when the user says nothing; must satisfy the bounds.
        help: one line, with the unit where there is one.
        ge, gt, le, lt: bounds, with the names that ``annotated-types`` gives them.
        choices: the only values accepted, when given.
    """
    bounds = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    metadata = {"help": help, "bounds": {k: v for k, v in bounds.items() if v is not None}, "choices": tuple(choices)}
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


def assignments(words: Iterable[str]) -> dict[str, Any]:
    """``["a=1", "b.c=2"]`` as the nested table that TOML would give: ``{"a": "1", "b": {"c": "2"}}``.

    Raises:
        OptionError: a word without ``=``, or a key that is both a value and a table.
    """
    table: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise OptionError(f"{word!r} is not of the form key=value", remedy="write for example sigma=0.5")
        *parents, leaf = key.strip().split(".")
        node = table
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise OptionError(f"{key!r} is given both as a value and as a table")
        node[leaf] = value.strip()
    return table


def parse(options: type | None, values: Mapping[str, Any], *, owner: str) -> Any:
    """An instance of the options dataclass from words or TOML values.

    Args:
        options: the dataclass, or None for a plugin without options.
        values: by name; strings are read as the field's type (a tuple's items are separated by commas).
        owner: whom to name in errors, e.g. ``"measure 'dragan'"``.

    Raises:
        OptionError: listing every unknown key with the nearest known one, and every value that is not of its type
            or out of bounds, with bound and default.
    """
    fields = {field.name: field for field in dataclasses.fields(options)} if options else {}
    problems = [
        f"{owner} has no option {key!r}{did_you_mean(key, fields)}"
        + (f" (it has {', '.join(fields)})" if fields else " (it has none)")
        for key in values
        if key not in fields
    ]
    read: dict[str, Any] = {}
    for name, field in fields.items():
        if name in values:
            try:
                read[name] = _read(_hints(cast(type, options))[name], field, values[name])
            except ValueError as error:
                problems.append(f"option {name!r} of {owner} is {_show(values[name])}; {error}")
    if problems:
        raise OptionError("\n".join(problems), remedy="`gpreg show KIND NAME` explains every option")
    return options(**read) if options else None


def to_table(options: Any) -> dict[str, Any]:
    """The options as a TOML-ready table, every field spelled out; an empty table for None."""
    if options is None:
        return {}
    return {field.name: _plain(getattr(options, field.name)) for field in dataclasses.fields(options)}


def _read(hint: Any, field: "dataclasses.Field[Any]", value: Any) -> Any:
    import pydantic  # heavy, and needed only when a value is given

    if isinstance(value, str):
        if get_origin(hint) in (tuple, list):
            value = [item.strip() for item in value.split(",") if item.strip()]
        elif value.lower() == "none" and type(None) in get_args(hint):
            value = None
    limits: dict[str, Any] = dict(field.metadata.get("bounds", {}))
    if hint is float:
        limits["allow_inf_nan"] = False
    bounds = f"it must be {_bounds(field)}" if _bounds(field) else f"it must be {_article(_type_name(hint))}"
    try:
        read = pydantic.TypeAdapter(Annotated[hint, pydantic.Field(**limits)]).validate_python(value)
    except pydantic.ValidationError as error:
        raise ValueError(f"{bounds} (default {_show(_default(field))})") from error
    choices = field.metadata.get("choices")
    if choices and read not in choices:
        raise ValueError(f"{bounds}{did_you_mean(str(read), map(str, choices))} (default {_show(_default(field))})")
    return read


@cache
def _hints(options: type) -> dict[str, Any]:
    return get_type_hints(options)


def _default(field: "dataclasses.Field[Any]") -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _bounds(field: "dataclasses.Field[Any]") -> str:
    if choices := field.metadata.get("choices"):
        return "one of " + ", ".join(map(_show, choices))
    return " and ".join(f"{_BOUNDS[name]} {limit:g}" for name, limit in field.metadata.get("bounds", {}).items())


def _type_name(hint: Any) -> str:
    if hint is type(None):
        return "none"
    if get_origin(hint) in (tuple, list):
        items = [_type_name(item) for item in get_args(hint) if item is not Ellipsis]
        return f"list of {items[0]}" if len(set(items)) == 1 else f"list of ({', '.join(items)})"
    if get_origin(hint) is not None and not isinstance(hint, type) and type(None) in get_args(hint):
        return " or ".join(_type_name(item) for item in get_args(hint))
    if get_origin(hint) in (dict, Mapping):
        return "table"
    return {"str": "text", "Path": "path", "bool": "true or false"}.get(
        getattr(hint, "__name__", str(hint)), getattr(hint, "__name__", str(hint))
    )


def _article(noun: str) -> str:
    return noun if noun in ("text", "true or false") else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _show(value: Any) -> str:
    return str(value) if isinstance(value, Path) else repr(value) if isinstance(value, str) else str(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value

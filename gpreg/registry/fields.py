"""Check the fields of a plugin's dataclasses: types as annotated, values fit for JSON and for a terminal."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Literal, cast, get_args, get_origin

from gpreg.registry.wording import one_line, shown

LONGEST_TEXT = 10_000
"""Most characters that one field may have: more than any formula needs, and still harmless in a listing."""

LARGEST_NUMBER = 2**53
"""Up to this number every JSON reader represents whole numbers exactly."""

Reader = Callable[[Any, str], Any]
"""``reader(value, what)`` returns the checked value in the form to keep; errors call the value ``what``."""


class _FieldError(Exception):
    """A field has a wrong value; ``what`` and ``problem`` are subject and predicate of the message."""

    def __init__(self, what: str, problem: str, kind: type[Exception] = TypeError) -> None:
        self.what, self.problem, self.kind = what, problem, kind


def settle(said: Any, owner: object) -> None:
    """Check every field of a frozen dataclass against its annotation, and store it in a harmless form.

    Text is put on one line, with control characters escaped; tables are copied. Checked are text, truth values, whole
    numbers, literals, tuples of dataclasses and tables of text; the class itself checks fields of any other type.

    Args:
        said: an instance of a frozen dataclass, such as a spec.
        owner: what errors call the instance.

    Raises:
        TypeError, ValueError: a field has a wrong value; the message names the field, and says what was expected.
    """
    for name, reader in _readers(cast(Any, type(said))):
        given = getattr(said, name)
        if reader is _text and type(given) is str and given.isprintable() and len(given) <= LONGEST_TEXT:
            continue  # most fields are such
        try:
            kept = reader(given, name)
        except _FieldError as wrong:
            raise wrong.kind(f"{wrong.what} of {shown(owner)} {wrong.problem}") from None
        if kept is not given:
            object.__setattr__(said, name, kept)


@cache
def _readers(kind: type) -> tuple[tuple[str, Reader], ...]:
    pairs = ((field.name, _reader(field.type)) for field in fields(kind))
    return tuple((name, reader) for name, reader in pairs if reader)


def _reader(hint: Any) -> Reader | None:
    origin, members = get_origin(hint), get_args(hint)
    if origin is UnionType and NoneType in members and len(members) == 2:
        inner = _reader(next(member for member in members if member is not NoneType))
        return None if inner is None else partial(_optional, inner)
    if origin is tuple:
        return partial(_several, members[0])
    if origin is dict:
        return partial(_table, members[1])
    if origin is Literal:
        return partial(_one_of, members)
    return {str: _text, bool: _truth, int: _number}.get(hint)


def _optional(inner: Reader, value: Any, what: str) -> Any:
    return None if value is None else inner(value, what)


def _text(value: Any, what: str) -> str:
    if not issubclass(type(value), str):
        raise _FieldError(what, f"must be text, not {shown(value)}")
    plain = value if type(value) is str else str.__str__(value)
    if len(plain) > LONGEST_TEXT:
        raise _FieldError(what, f"has {len(plain):,} characters; {LONGEST_TEXT:,} are allowed", ValueError)
    if not plain.isascii() and any("\ud800" <= each <= "\udfff" for each in plain):
        raise _FieldError(what, f"must be text; {shown(plain)} has half of a character (a lone surrogate)", ValueError)
    return one_line(plain)


def _truth(value: Any, what: str) -> bool:
    if type(value) is not bool:
        raise _FieldError(what, f"must be True or False, not {shown(value)}")
    return value


def _number(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
        raise _FieldError(what, f"must be a whole number from 0 to 2^53, not {shown(value)}")
    return value


def _one_of(words: tuple[str, ...], value: Any, what: str) -> str:
    text = _text(value, what)
    if text not in words:
        raise _FieldError(what, f"must be one of {', '.join(words)}, not {shown(text)}", ValueError)
    return text


def _several(kind: type, value: Any, what: str) -> tuple[Any, ...]:
    if type(value) is not tuple or not all(issubclass(type(item), kind) for item in value):
        raise _FieldError(what, f"must be a tuple of {kind.__name__}, not {shown(value)}")
    return value if all(type(item) is kind for item in value) else tuple(renewed(kind, item) for item in value)


def _table(words: Any, value: Any, what: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise _FieldError(what, f"must be a table, not {shown(value)}")
    read = _reader(words) or _text
    return {_text(key, f"a name in {what}"): read(item, f"a value in {what}") for key, item in value.items()}


def renewed(kind: type, said: Any, **changes: Any) -> Any:
    """A copy that is an instance of exactly this class, so that gpreg calls nothing that a subclass overrides.

    Args:
        kind: a frozen dataclass.
        said: an instance of it or of a subclass.
        changes: fields of the copy that get other values.

    Raises:
        TypeError, ValueError: a field has a value that is not allowed.
    """
    return kind(**{**{name: getattr(said, name) for name in _names(kind)}, **changes})


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))

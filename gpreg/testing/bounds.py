"""The bounds of a plugin's option: the values at their ends, and beyond them."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field
from math import inf, nan, nextafter
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

OUTWARDS = {"ge": -1, "gt": -1, "le": 1, "lt": 1}
"""Which way is out of a bound."""


class Bounds:
    """The values of one option on which its bounds are tried.

    Args:
        options: the dataclass of the options.
        field: the option.

    >>> from dataclasses import dataclass, fields
    >>> import gpreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Options:
    ...     width: int = gpreg.option(64, ge=1, help="units of a layer")
    >>> bounds = Bounds(Options, fields(Options)[0])
    >>> list(bounds.allowed()), list(bounds.refused())
    ([64, 1], [0])
    """

    def __init__(self, options: type, field: "Field[Any]") -> None:
        self.name = field.name
        hint = get_type_hints(options)[field.name]
        members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        self._of = next(member for member in members if member is not type(None))
        self._default: Any = field.default if field.default_factory is MISSING else field.default_factory()
        self._bounds: Mapping[str, float] = field.metadata.get("bounds", {})
        self._choices: tuple[Any, ...] = field.metadata.get("choices", ())

    def allowed(self) -> Iterator[Any]:
        """The default, every choice, and the outermost values within the bounds."""
        yield "none" if self._default is None else self._default
        yield from map(self._shaped, self._choices)
        for bound, end in self._bounds.items():
            yield self._shaped(self._next(end, -OUTWARDS[bound]) if bound in ("gt", "lt") else self._number(end))

    def refused(self) -> Iterator[Any]:
        """The nearest values that are out of bounds; of real numbers infinity and NaN, too, and a word of no choice."""
        if self._choices:
            yield self._shaped("no such choice")
        for bound, end in self._bounds.items():
            yield self._shaped(self._number(end) if bound in ("gt", "lt") else self._next(end, OUTWARDS[bound]))
        if self._bounds and not self._whole:
            yield from map(self._shaped, (inf, nan))

    @property
    def _whole(self) -> bool:
        return int in (get_args(self._of) or (self._of,)) and float not in get_args(self._of)

    def _number(self, end: float) -> float:
        return int(end) if self._whole else float(end)

    def _next(self, end: float, way: int) -> float:
        return int(end) + way if self._whole else nextafter(end, way * inf) or way * 1e-300

    def _shaped(self, value: Any) -> Any:
        """The value as the option has it: in a list or table the bounds are those of each item."""
        if not _container(self._of):
            return value
        if issubclass(get_origin(self._of), Mapping):
            return {"one": value}
        return [value] * max(len(self._default or ()), 1)


def _container(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, list | tuple | Mapping)

"""A thing that a new plugin supplies, with the names that it has in the code."""

import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpreg.errors import UsageError

RESERVED = frozenset({"plugin"})
"""Modules that each package has beside those of its things."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that a new plugin supplies.

    Attributes:
        kind: name of its kind, such as ``"measure"``.
        name: its name, such as ``"half-way"``.
        module: its module in the package: ``"half_way"``.
        cls: its class: ``"HalfWay"``.

    >>> Thing.of("measure", "half-way")
    Thing(kind='measure', name='half-way', module='half_way', cls='HalfWay')
    """

    kind: str
    name: str
    module: str
    cls: str

    @classmethod
    def of(cls, kind: str, name: str, *, told_apart: bool = False) -> "Thing":
        """A thing by kind and name; ``told_apart`` adds the kind to the names in the code."""
        words = [*name.split("-"), *([kind] if told_apart else [])]
        return cls(kind=kind, name=name, module="_".join(words), cls="".join(map(str.capitalize, words)))


def things_of(named: Iterable[tuple[str, str]], *, imported: Sequence[str]) -> tuple[Thing, ...]:
    """The things of given kinds and names.

    The names in the code have the kind added where two things, or a thing and what its module imports, would have the
    same: a measure and a form ``wedge`` are the modules ``wedge_measure`` and ``wedge_form``.

    Args:
        named: kinds with names.
        imported: names that modules of things import.

    Raises:
        UsageError: two things of one kind have names that are the same, but for a hyphen.

    >>> [thing.cls for thing in things_of([("measure", "wedge"), ("form", "wedge")], imported=())]
    ['WedgeMeasure', 'WedgeForm']
    """
    plain = [Thing.of(kind, name) for kind, name in named]
    modules, classes = [thing.module for thing in plain], [thing.cls for thing in plain]
    unfit = {*imported, *dir(builtins)}
    things = tuple(
        Thing.of(
            thing.kind,
            thing.name,
            told_apart=modules.count(thing.module) > 1
            or classes.count(thing.cls) > 1
            or thing.module in RESERVED
            or not unfit.isdisjoint({thing.cls, f"{thing.cls}Options"}),
        )
        for thing in plain
    )
    known: dict[str, Thing] = {}
    for thing in things:
        if thing.cls in known:
            raise UsageError(
                f"the {thing.kind} {thing.name!r} and the {known[thing.cls].kind} {known[thing.cls].name!r} would both "
                f"be the class {thing.cls}",
                remedy=f"give one of them another name, such as --{thing.kind} {thing.name}-too",
            )
        known[thing.cls] = thing
    return things

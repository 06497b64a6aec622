"""What a plugin supplies: hooks, and the fields of the specs that they return."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

from contract.names import annotations

from gpreg.registry.citation import Citation
from gpreg.registry.kinds import KINDS
from gpreg.registry.loading import GROUP
from gpreg.registry.spec import Spec
from gpreg.registry.specs import Claim


def text() -> str:
    """The entry points' group, each kind with its hook, and each class of data with its fields."""
    classes = {cls.__name__: cls for cls in (Spec, *(kind.spec for kind in KINDS.values()), Claim, Citation)}
    return "\n".join(
        [
            f"group of entry points: {GROUP}",
            "hooks, which take no argument and return an iterable of specs",
            *(
                f"    {kind.hook}() -> {kind.spec.__name__}, whose factory "
                + (f"builds {kind.interface.replace(':', '.')}" if kind.interface else "is called itself")
                for kind in KINDS.values()
            ),
            "",
            *(line for cls in classes.values() for line in _class(cls)),
        ]
    )


def _class(cls: type) -> Iterator[str]:
    """The fields that a class adds to those of :class:`Spec`."""
    inherited = {each.name: each.default for each in fields(Spec)} if issubclass(cls, Spec) and cls is not Spec else {}
    yield f"{cls.__name__}{f'({Spec.__name__})' if inherited else ''}, by keyword only"
    types = annotations(cls)
    for each in fields(cls):  # type: ignore[arg-type] # each is a dataclass
        if each.name not in inherited:
            yield f"    {each.name}: {types[each.name]}{_default(each)}"
    yield ""


def _default(each: "Field[Any]") -> str:
    if each.default_factory is not MISSING:
        return f" = {each.default_factory()!r}"
    return "" if each.default is MISSING else f" = {each.default!r}"

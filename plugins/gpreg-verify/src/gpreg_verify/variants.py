"""Registered measures and forms with every choice of their options, and the numbers that are free to be fitted."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from gpreg.errors import GpregError
from gpreg.registry.kinds import KINDS
from gpreg.registry.reference import factory_of, options_of
from gpreg.registry.registry import load_registry
from gpreg.registry.spec import Spec

_MOST = 16
"""Combinations of choices that are tried of one thing."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A registered thing with some options.

    Attributes:
        spec: what its plugin says of it.
        kind: ``"measure"`` or ``"form"``.
        options: those that differ from the defaults.
        free: the names of its numbers, with their defaults, which can be fitted.

    >>> [variant.options for variant in variants("form") if variant.spec.name == "one-sided"]
    [{}, {'squared': False}]
    """

    spec: Spec
    kind: str
    options: dict[str, Any]
    free: dict[str, float]

    @property
    def name(self) -> str:
        """The thing's name."""
        return self.spec.name

    def build(self, **numbers: float) -> Any:
        """The thing with these options and numbers.

        Raises:
            GpregError: a number is out of bounds, or the plugin is at fault.
        """
        return load_registry().build(self.kind, self.name, {**self.options, **numbers})

    def maker(self) -> Callable[..., Any]:
        """A function that builds the thing from numbers, many times, without looking at their bounds.

        Raises:
            PluginError: the plugin is at fault.
        """
        factory, options = factory_of(self.spec, self.kind), options_of(self.spec, self.kind)
        return lambda **numbers: factory() if options is None else factory(options(**{**self.options, **numbers}))

    def with_options(self, **options: Any) -> "Variant":
        """The same thing with further options."""
        return dataclasses.replace(self, options={**self.options, **options})


def variants(kind: str) -> Iterator[Variant]:
    """All registered things of a kind, each with its default options first and then with each of its choices.

    Things that do not build are left out: ``gpreg plugins`` and ``gpreg verify NAME`` say what is wrong with them.
    """
    for spec in load_registry().list(kind):
        try:
            options = options_of(spec, KINDS[kind].name)
            fields = dataclasses.fields(options) if options else ()
            free = {
                field.name: float(field.default)
                for field in fields
                if isinstance(field.default, float) and not field.metadata.get("choices")
            }
            chosen = {field.name: _choices(field) for field in fields if len(_choices(field)) > 1}
            for values in list(product(*chosen.values()))[:_MOST]:
                told = {
                    name: value
                    for name, value in zip(chosen, values, strict=True)
                    if value != next(field.default for field in fields if field.name == name)
                }
                variant = Variant(spec=spec, kind=kind, options=told, free=free)
                variant.build()
                yield variant
        except GpregError:
            continue


def _choices(field: "dataclasses.Field[Any]") -> tuple[Any, ...]:
    if isinstance(field.default, bool):
        return (field.default, not field.default)
    choices = field.metadata.get("choices", ())
    if isinstance(field.default, tuple) or not choices:
        return (field.default,)
    return (field.default, *(choice for choice in choices if choice != field.default))

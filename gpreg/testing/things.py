"""Checks that everything must pass that a plugin supplies, of whatever kind."""

import pickle
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields
from typing import Any

import tomli_w
import torch

from gpreg.errors import GpregError, OptionError, PluginError
from gpreg.registry.kinds import CHECK, COMMAND, EXECUTOR
from gpreg.registry.options import describe, parse, to_table
from gpreg.registry.reference import factory_of, options_of
from gpreg.registry.registry import load_registry
from gpreg.registry.spec import Spec
from gpreg.testing.bounds import Bounds
from gpreg.testing.checks import Check, expect
from gpreg.testing.randomness import global_randomness

COPIED = ("measure", "form", "loss", "regularizer", "constraint", "augmentation")
"""Kinds of what a penalty or a player consists of, which is copied with it, and sent to other processes."""

NOT_BUILT = (EXECUTOR.name, COMMAND.name, CHECK.name)
"""Kinds that these checks do not build: an executor may start a cluster, and the others are functions."""


@dataclass(frozen=True)
class Thing:
    """Something that a plugin supplies, of any kind, with its options.

    >>> Thing("recipe", "plane").spec.package
    'gpreg-recipes'
    """

    kind: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def spec(self) -> Spec:
        """Its spec."""
        return load_registry().get(self.kind, self.name)

    @property
    def options_class(self) -> type | None:
        """The dataclass of its options."""
        return options_of(self.spec, self.kind)

    def bounds(self) -> list[Bounds]:
        """The bounds of each of its options."""
        options = self.options_class
        return [] if options is None else [Bounds(options, of) for of in fields(options)]

    def parsed(self, **changes: Any) -> Any:
        """An instance of its options, some of them changed."""
        return parse(self.options_class, {**self.options, **changes}, owner=f"{self.kind} {self.name!r}")

    def build(self, **changes: Any) -> Any:
        """Build it with its options, some of them changed."""
        return load_registry().build(self.kind, self.name, {**self.options, **changes})


def explains_itself(thing: Thing) -> None:
    """It has a summary, and each of its options says what it is for."""
    expect(thing.spec.summary.strip(), "has no summary, which listings show")
    silent = [info.name for info in describe(thing.options_class) if not info.help]
    expect(not silent, f"has options without help: {', '.join(silent)}; write gpreg.option(..., help=...)")


def is_of_its_kind(thing: Thing) -> None:
    """The factory builds what its kind asks for, with the default options, or says which options have to be chosen."""
    if thing.kind in NOT_BUILT:
        expect(callable(factory_of(thing.spec, thing.kind)), "cannot be called")
    _built_or_refused(thing)


def keeps_its_bounds(thing: Thing) -> None:
    """Each option's default and the ends of its bounds are accepted, and what lies beyond them is refused.

    The thing can be built at the ends, or refuses them itself with an error that says what to do.
    """
    for bounds in thing.bounds():
        for value in bounds.allowed():
            try:
                thing.parsed(**{bounds.name: value})
            except OptionError as error:
                expect(bounds.name not in error.problems, f"refuses what is within its bounds: {error.message}")
            else:
                _built_or_refused(thing, **{bounds.name: value})
        for value in bounds.refused():
            try:
                thing.parsed(**{bounds.name: value})
            except OptionError:
                continue
            raise AssertionError(f"accepts {bounds.name} = {value!r}, which is beyond its bounds")


def has_options_that_can_be_written(thing: Thing) -> None:
    """The options come back equal from TOML, in which recipes keep them, and from a pickle."""
    options = thing.parsed()
    if options is None:
        return
    table = tomllib.loads(tomli_w.dumps(to_table(options)))
    again = parse(thing.options_class, table, owner=f"{thing.kind} {thing.name!r}")
    expect(again == options, f"has options that come back from TOML as {again}, and are {options}")
    expect(pickle.loads(pickle.dumps(options)) == options, "has options that come back from a pickle as others")


def is_built_without_a_trace(thing: Thing) -> None:
    """To build it moves no global random state and changes no setting of torch: a run's seed decides all."""
    before = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
    with global_randomness(1):
        _built_or_refused(thing)
    after = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
    expect(before == after, "changes whether gradients are recorded, the default dtype or the number of threads")


def can_be_copied(thing: Thing) -> None:
    """A measure, form, loss, regularizer, constraint or augmentation can be copied, and sent to another process."""
    built = _built_or_refused(thing) if thing.kind in COPIED else None
    if built is None:
        return
    for how, copy in (("deepcopy", deepcopy), ("pickle", _pickled)):
        try:
            copied = copy(built)
        except Exception as error:  # whatever the thing consists of
            raise AssertionError(f"cannot be copied by {how}: {error}") from error
        expect(type(copied) is type(built), f"becomes a {type(copied).__name__} by {how}")


THING_CHECKS = (
    explains_itself,
    is_of_its_kind,
    keeps_its_bounds,
    has_options_that_can_be_written,
    is_built_without_a_trace,
    can_be_copied,
)


def thing_checks(kind: str, name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """The checks of anything that is registered. The kit of each kind begins with them.

    >>> for check in thing_checks("measure", "dragan"):
    ...     check()
    >>> print(check)
    dragan-can_be_copied
    """
    return [Check(check, Thing(kind, name, options or {})) for check in THING_CHECKS]


def _pickled(built: Any) -> Any:
    return pickle.loads(pickle.dumps(built))


def _built_or_refused(thing: Thing, **changes: Any) -> Any:
    """What is built; ``None`` if it is not to be built, or refuses these options with an error that says what to do."""
    if thing.kind in NOT_BUILT:
        return None
    try:
        return thing.build(**changes)
    except PluginError:
        raise
    except GpregError as error:
        with_what = f" with {', '.join(f'{name}={value!r}' for name, value in changes.items())}" if changes else ""
        told = error.remedy or isinstance(error, OptionError)
        expect(told, f"refuses to be built{with_what} without a remedy: {error.message}")
        return None

"""Checks that everything must pass that a plugin supplies, of whatever kind."""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from gpreg.recipe import check_clashes, load, resolve
from gpreg.recipe.document import parse
from gpreg.registry.kinds import COMMAND, KINDS, RECIPE, SWEEP
from gpreg.registry.options import describe
from gpreg.registry.reference import factory_of, options_of, supplied
from gpreg.registry.registry import load_registry
from gpreg.registry.spec import Spec
from gpreg.testing.checks import Check, expect

WITH_A_KIT = (
    *("measure", "form", "loss", "regularizer", "constraint", "augmentation", "architecture", "dataset", "metric"),
)
"""Kinds with checks of their own, which build what they check, with the options and files that it needs."""


@dataclass(frozen=True)
class Thing:
    """Something that a plugin supplies, of any kind.

    >>> Thing("recipe", "plane").spec.package
    'gpreg-recipes'
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def spec(self) -> Spec:
        """Its spec."""
        return load_registry().get(self.kind, self.name)

    def build(self) -> Any:
        """Build it with its default options."""
        return load_registry().build(self.kind, self.name)


def explains_itself(thing: Thing) -> None:
    """It has a summary, and each of its options says what it is for."""
    expect(thing.spec.summary.strip(), "has no summary, which listings show")
    silent = [info.name for info in describe(options_of(thing.spec, thing.kind)) if not info.help]
    expect(not silent, f"has options without help: {', '.join(silent)}; write gpreg.option(..., help=...)")


def is_of_its_kind(thing: Thing) -> None:
    """With its default options the factory builds what its kind asks for."""
    kind = KINDS[thing.kind]
    if kind.interface is None:
        expect(callable(factory_of(thing.spec, thing.kind)), "cannot be called")
    elif kind is COMMAND:
        import click

        made = factory_of(thing.spec, thing.kind)
        made = made if isinstance(made, click.Command) else thing.build()
        expect(made.help, "has no help: a docstring of the function that the command calls")
        made.get_help(click.Context(made, info_name=thing.name))
    else:
        built = thing.build()
        if isinstance(built, Executor):
            built.shutdown()


def fits_what_is_installed(thing: Thing) -> None:
    """A recipe has no mistake and no contradiction, and names what is installed, with options that exist."""
    registry = load_registry()
    if thing.kind == RECIPE.name:
        check_clashes(resolve(load(thing.name, registry), registry), registry)


def is_a_table(thing: Thing) -> None:
    """The text of a sweep is TOML; what its keys mean, ``gpreg sweep NAME --dry-run`` says."""
    parse(thing.build(), origin=supplied(thing.spec, thing.kind))


def thing_checks(kind: str, name: str) -> list[Check]:
    """The checks of anything that is registered.

    >>> for check in thing_checks("recipe", "plane"):
    ...     check()
    >>> print(check)
    plane-fits_what_is_installed
    """
    checks = [explains_itself]
    if kind not in WITH_A_KIT:
        checks.append(is_of_its_kind)
    if kind == RECIPE.name:
        checks.append(fits_what_is_installed)
    if kind == SWEEP.name:
        checks.append(is_a_table)
    return [Check(check, Thing(kind, name)) for check in checks]

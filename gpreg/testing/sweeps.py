"""Checks that every sweep must pass, in full and at each of its scales; nothing is trained."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gpreg.recipe.document import parse
from gpreg.registry.kinds import METRIC, SWEEP
from gpreg.registry.reference import supplied
from gpreg.registry.registry import load_registry
from gpreg.runs.plan import Supply
from gpreg.sweeps.definition import Definition
from gpreg.sweeps.expansion import Layout
from gpreg.sweeps.policies.numbers import seeds_of
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.things import thing_checks


@dataclass(frozen=True)
class SweepCase(Case):
    """A registered sweep.

    >>> SweepCase("field").scales
    (None, 'small')
    """

    kind = "sweep"

    @property
    def table(self) -> dict[str, Any]:
        """What its text says."""
        return parse(self.build(), origin=supplied(load_registry().get(SWEEP, self.name), self.kind))

    @property
    def scales(self) -> tuple[str | None, ...]:
        """``None``, for the sweep in full, and the names of its scales."""
        return (None, *self.table.get("scales", {}))

    def definitions(self) -> Iterator[tuple[str, Definition]]:
        """Its definition at each scale, and what that is called."""
        for scale in self.scales:
            definition = Definition.of(self.table, scale=scale).named(load_registry())
            yield "in full" if scale is None else f"at scale {scale!r}", definition


def is_a_table(case: SweepCase) -> None:
    """The text is TOML."""
    expect(case.table, "is empty")


def is_a_sweep(case: SweepCase) -> None:
    """Its keys are those of a sweep, at each scale, and its text means the same after it was written."""
    for where, definition in case.definitions():
        again = Definition.read(definition.text, origin=case.name)
        expect(again.table == definition.table, f"is read as another sweep {where} after it was written")


def has_rows_that_can_be_trained(case: SweepCase) -> None:
    """At each scale there are combinations that are possible: each a recipe without contradiction, with its score."""
    for where, definition in case.definitions():
        with _silence():
            layout = Layout(definition, Supply(registry=load_registry()))
        metric, _, value = layout.score.partition("/")
        declared = load_registry().get(METRIC, metric).values
        expect(value in declared, f"compares rows by {layout.score} {where}, and {metric} has {', '.join(declared)}")


def chooses_rho_on_other_seeds(case: SweepCase) -> None:
    """A coefficient that is tuned by scores is chosen on seeds that are not among those that are reported."""
    for where, definition in case.definitions():
        tuning = (definition.rho or {}).get("tuning_seeds", ())
        both = sorted(set(seeds_of(tuning)) & set(definition.seeds)) if tuning else []
        expect(not both, f"reports seeds {both} {where}, on which it has chosen rho")


@contextmanager
def _silence() -> Iterator[None]:
    """Combinations that are impossible are told nobody: a sweep may leave some out."""
    logger = logging.getLogger("gpreg")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


SWEEP_CHECKS = (is_a_table, is_a_sweep, has_rows_that_can_be_trained, chooses_rho_on_other_seeds)


def sweep_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered sweep.

    >>> print(sweep_checks("field")[-1])
    field-chooses_rho_on_other_seeds
    """
    case = SweepCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in SWEEP_CHECKS]

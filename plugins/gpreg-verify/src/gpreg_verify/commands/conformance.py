"""Run the conformance kit on all that a plugin supplies, and tell what came of it."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import click

from gpreg.cli import console
from gpreg.errors import GpregError, UsageError
from gpreg.experiments.telling import telling
from gpreg.registry.discovery import PluginRecord, State
from gpreg.registry.place import raised_at
from gpreg.registry.quarantine import quarantine
from gpreg.registry.registry import Registry
from gpreg.registry.wording import reason_of

FAILED, SKIPPED, PASSED = "failed", "skipped", "passed"
"""The outcomes, the most important first."""

MARKS = {PASSED: "✓", FAILED: "✗", SKIPPED: "–"}

MOST_TOLD = 3
"""Of how many cases the evidence tells in which a check failed; of the others, how many they are."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What came of one check of one thing, in all cases (shapes, with and without labels).

    Attributes:
        name, kind: the thing.
        check: the name of the check.
        outcome: ``failed`` if it failed in any case; ``skipped``: it could not be made.
        evidence: why it failed or was skipped; if it passed, what is promised.
    """

    name: str
    kind: str
    check: str
    outcome: str
    evidence: str


def rows(word: str, registry: Registry, *, bar: bool, lines: bool = False) -> Iterator[Row]:
    """What came of each check, as soon as all checks of the same thing are done.

    Args:
        word: the plugin's name, or that of its package.
        registry: has the plugin.
        bar: whether a bar on stderr shows how far it is.
        lines: whether a line on stderr does, for each thing.

    Raises:
        UsageError: the plugin is disabled.
    """
    for record in registry.records:
        if word in (record.name, record.package):
            yield from _loading(record)
    from gpreg.testing import plugin_checks  # torch

    checks = list(plugin_checks(word))
    with (
        _own_cache(),
        click.progressbar(
            length=len(checks), file=sys.stderr, hidden=not bar, item_show_func=lambda item: item or "", show_eta=False
        ) as shown,
    ):
        for (kind, name), of_thing in groupby(checks, key=lambda entry: entry[:2]):
            if lines:
                console.talk(f"checking {kind} {name}")
            made: dict[str, list[tuple[str, str, str]]] = {}
            for _, _, check in of_thing:
                outcome, evidence = _outcome(check)
                promised = (check.function.__doc__ or "").strip().partition("\n")[0]
                case = str(check.subject).removeprefix(name).removeprefix("-")
                made.setdefault(check.function.__name__, []).append((outcome, case, evidence or promised))
                shown.update(1, f"{kind} {name}")
            for check_name, cases in made.items():
                yield _row(kind, name, check_name, cases)


@contextmanager
def _own_cache() -> Iterator[None]:
    """Keep what is computed from the kit's data out of the user's cache, and what is there out of the checks."""
    before = os.environ.get("GPREG_CACHE")
    with tempfile.TemporaryDirectory(prefix="gpreg-") as folder:
        os.environ["GPREG_CACHE"] = folder
        try:
            yield
        finally:
            del os.environ["GPREG_CACHE"]
            if before is not None:
                os.environ["GPREG_CACHE"] = before


def _loading(record: PluginRecord) -> Iterator[Row]:
    """Whether a plugin loads, and has names that no other one claims."""
    if record.state is State.DISABLED:
        raise UsageError(f"plugin {record} is {record.error}", remedy="enable it to have it checked")
    promised = "It loads, and no other plugin claims a name that it supplies."
    outcome, evidence = (PASSED, promised) if record.state is State.OK else (FAILED, str(record.error))
    yield Row(name=record.name, kind="plugin", check="loads", outcome=outcome, evidence=evidence)


def _outcome(check: Any) -> tuple[str, str]:
    from unittest import SkipTest

    try:
        with quarantine(), telling(lambda message: None):  # the kit's data are nobody's, and messages on them useless
            check()
    except SkipTest as skipped:
        return SKIPPED, str(skipped)
    except AssertionError as failed:
        return FAILED, str(failed) or f"an assertion fails at {raised_at(failed)}"
    except GpregError as error:
        return FAILED, error.message
    except Exception as error:
        return FAILED, f"{reason_of(error)} (at {raised_at(error)})"
    return PASSED, ""


def _row(kind: str, name: str, check: str, cases: list[tuple[str, str, str]]) -> Row:
    found = [case[0] for case in cases]
    outcome = FAILED if FAILED in found else PASSED if PASSED in found else SKIPPED
    by_evidence: dict[str, list[str]] = {}
    for result, case, evidence in cases:
        if result == outcome:
            by_evidence.setdefault(evidence, []).append(case)
    told = []
    for evidence, of in list(by_evidence.items())[:MOST_TOLD]:
        named = f"{', '.join(of[:MOST_TOLD])}{f' and {len(of) - MOST_TOLD} more' if len(of) > MOST_TOLD else ''}: "
        told.append(f"{named if outcome == FAILED and any(of) else ''}{evidence}")
    more = f"; and {len(by_evidence) - MOST_TOLD} other failures" if len(by_evidence) > MOST_TOLD else ""
    return Row(name=name, kind=kind, check=check, outcome=outcome, evidence="; ".join(told) + more)


def tell(found: Iterable[Row]) -> bool:
    """Print a line for each thing, and more where it is not right; return whether it all is."""
    counts = dict.fromkeys(MARKS, 0)
    for (kind, name), of_thing in groupby(found, key=lambda row: (row.kind, row.name)):
        every = list(of_thing)
        by_outcome = {outcome: [row for row in every if row.outcome == outcome] for outcome in MARKS}
        for outcome, these in by_outcome.items():
            counts[outcome] += len(these)
        worst = next(outcome for outcome in (FAILED, SKIPPED, PASSED) if by_outcome[outcome])
        numbers = ", ".join(f"{len(these)} {outcome}" for outcome, these in by_outcome.items() if these)
        console.say(f"{MARKS[worst]} {kind} {name}: {numbers}", bold=worst == FAILED)
        for row in by_outcome[FAILED]:
            console.paragraph(f"{row.check}: {row.evidence}", indent="    ")
        for evidence in dict.fromkeys(row.evidence for row in by_outcome[SKIPPED]):
            console.paragraph(f"skipped: {evidence}", indent="    ", dim=True)
    console.heading(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count))
    return not counts[FAILED]


def document(word: str, found: Iterable[Row]) -> dict[str, Any]:
    """What came of all checks, as JSON data."""
    checks = [
        {"name": row.name, "kind": row.kind, "check": row.check, "outcome": row.outcome, "evidence": row.evidence}
        for row in found
    ]
    return {"schema": 1, "plugin": word, "checks": checks}

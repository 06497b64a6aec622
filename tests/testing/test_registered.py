"""What is registered passes its kit; the kinds that are left out here do so in the tests of their packages."""

from unittest import SkipTest

import pytest

from gpreg import load_registry
from gpreg.testing.observers import watches_a_run
from gpreg.testing.plugins import KITS

SLOW = {"trackio": watches_a_run}
"""What starts processes of its own: of its kit, the checks that are asked here."""

SMALL = {"executor": ("local",), "sweep": ("0gp-figure-1", "sgp-table-1-2d")}
"""Kinds with things that take seconds each, of which packages test the others."""

THINGS = [
    (kind, spec.name)
    for kind in ("observer", "executor", "recipe", "sweep", "command", "check", "advisor")
    for spec in load_registry().list(kind)
    if spec.name in SMALL.get(kind, (spec.name,))
]


@pytest.mark.parametrize(("kind", "name"), THINGS, ids=lambda value: value)
def test_it_passes_every_check_of_its_kit(kind, name):
    for check in KITS[kind](name):
        if name in SLOW and check.function is not SLOW[name]:
            continue
        try:
            check()
        except SkipTest as skipped:
            pytest.skip(str(skipped))
        except AssertionError as error:
            pytest.fail(f"{check}: {error}")

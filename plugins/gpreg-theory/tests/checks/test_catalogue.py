import re

import pytest

from gpreg import load_registry
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.reference import factory_of
from gpreg_theory.checks.catalogue import CHECKS


def test_every_assumption_has_a_check_of_its_own():
    decided = {name for spec in CHECKS[1:] for name in factory_of(spec, "check").assumptions}
    assert decided == set(ASSUMPTIONS)


@pytest.mark.parametrize("spec", CHECKS[1:], ids=lambda spec: spec.name)
def test_a_check_and_its_file_are_named_by_what_it_decides(spec):
    name = spec.name.replace("-", "_")
    assert spec.factory == f"gpreg_theory.checks.assumption_{name}:check"
    assumptions = factory_of(spec, "check").assumptions
    assert tuple(re.findall(r"(?:\d[abc]?|h0)(?=_)", name)) == tuple(own.lower() for own in assumptions)


def test_they_are_registered_as_anybodys_are():
    registered = {spec.name: spec.package for spec in load_registry().list("check")}
    assert [name for name, package in registered.items() if package == "gpreg-theory"] == [own.name for own in CHECKS]

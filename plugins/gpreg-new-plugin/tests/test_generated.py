"""A package with a thing of every kind is found by gpreg. That it passes its own tests, .ci/generated.py shows."""

import os
import sys

from gpreg import load_registry
from gpreg.registry.discovery import State
from gpreg.registry.kinds import KINDS


def test_gpreg_finds_every_thing(found):
    (record,) = (record for record in load_registry().records if record.package == "gpreg-orchard")
    assert record.state is State.OK, record.error
    assert {(kind, spec.name) for kind, specs in record.specs.items() for spec in specs} == {
        (kind, f"{kind}-of-mine") for kind in KINDS
    }


def test_nothing_that_lists_imports_torch(found, site):
    code = (
        "import sys; from gpreg import load_registry; registry = load_registry();"
        "assert registry.get('measure', 'measure-of-mine'); sys.exit('torch' in sys.modules)"
    )
    place = os.pathsep.join((site.path(), *sys.path[:2]))
    done = site.python("-c", code, PYTHONPATH=place)
    assert done.returncode == 0, done.stderr

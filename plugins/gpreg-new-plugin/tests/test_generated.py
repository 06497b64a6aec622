"""A package with a thing of every kind is found by gpreg, and passes its own tests."""

import os
import re
import sys

from gpreg import load_registry
from gpreg.registry.discovery import State
from gpreg.registry.kinds import KINDS

TESTED = """
import os, sys
import pytest
from gpreg.registry.registry import discover_registry

sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
discover_registry.cache_clear()
sys.exit(pytest.main([{folder!r}, "-c", {folder!r} + "/pyproject.toml", "-p", "no:cacheprovider", "-p", "no:xdist"]))
"""


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


def test_its_tests_pass(found, command, tmp_path):
    folder = str(found / "gpreg-orchard")
    place = os.pathsep.join((str(found / "site"), f"{folder}/src", os.environ.get("PYTHONPATH", "")))
    done = command(code=TESTED.format(folder=folder), PYTHONPATH=place, PYTHONDONTWRITEBYTECODE="1")
    done.wait()
    (count,) = re.findall(r"^(\d+) passed in", done.told, flags=re.MULTILINE) or [done.told]
    assert int(count) > 10 * len(KINDS)

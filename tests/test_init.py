import subprocess
import sys
from importlib import import_module

import pytest

import gpreg


def test_every_public_name_is_there_and_listed():
    for name in gpreg.__all__:
        assert getattr(gpreg, name) is not None
        assert name in dir(gpreg)


def test_unknown_names_are_no_attributes():
    with pytest.raises(AttributeError, match="no attribute 'penaltys'"):
        gpreg.penaltys  # noqa: B018 -- the access is what is tested


def test_tab_completion_offers_what_is_public_alone():
    offered = {name for name in dir(gpreg) if not name.startswith("_")}
    assert offered == {name for name in gpreg.__all__ if name != "__version__"} | {
        "data",
        "errors",
        "interfaces",
        "pictures",
        "testing",
    }


@pytest.mark.parametrize("name", ["errors.UsageError", "interfaces.PenaltyMeasure", "data.ArrayData", "pictures.plane"])
def test_what_the_pages_name_needs_no_import_of_its_own(name):
    code = f"import gpreg; gpreg.{name}"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_python_itself_finds_the_nearest_name():
    command = [sys.executable, "-c", "import gpreg; gpreg.experment"]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "Did you mean: 'experiment'?" in told.stderr


def test_importing_gpreg_and_its_registry_leaves_torch_alone():
    code = (
        "import sys, gpreg; gpreg.load_registry().list('measure'); gpreg.MeasureSpec; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_penalty_is_a_function_and_the_module_of_that_name_a_module():
    module = import_module("gpreg.penalties.penalty")
    assert gpreg.penalty("mid").rho == 20.0
    assert gpreg.penalties.penalty is module

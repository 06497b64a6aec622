import subprocess
import sys

import pytest

import gpreg


def test_every_public_name_is_there_and_listed():
    for name in gpreg.__all__:
        assert getattr(gpreg, name) is not None
        assert name in dir(gpreg)


def test_unknown_names_are_no_attributes():
    with pytest.raises(AttributeError, match="no attribute 'penaltys'"):
        gpreg.penaltys  # noqa: B018 -- the access is what is tested


def test_importing_gpreg_and_its_registry_leaves_torch_alone():
    code = (
        "import sys, gpreg; gpreg.load_registry().list('measure'); gpreg.MeasureSpec; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_penalty_stays_a_function_when_its_package_is_imported():
    import gpreg.penalties.penalty

    assert callable(gpreg.penalty)
    assert gpreg.penalty("mid").rho == 20.0

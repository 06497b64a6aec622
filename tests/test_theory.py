import subprocess
import sys

import pytest

from gpreg import theory

ABSENT = """
import sys
sys.modules["gpreg_theory"] = None
import gpreg
try:
    from gpreg import theory
except ImportError as error:
    print(error)
"""


def test_its_names_are_those_of_the_package():
    package = pytest.importorskip("gpreg_theory")
    assert theory.LinearGame is package.LinearGame
    assert theory.__all__ == package.__all__
    assert dir(theory) == dir(package)


def test_where_the_package_is_not_installed_it_says_what_to_install():
    told = subprocess.run([sys.executable, "-c", ABSENT], capture_output=True, text=True, check=True).stdout
    assert "pip install gpreg-theory" in told

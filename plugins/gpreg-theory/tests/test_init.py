import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gpreg_theory as theory

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "theory-python.md").read_text(encoding="utf-8")
PARTS = ("linear", "toys", "sources", "networks", "checks")

ALONE = """
import sys
import gpreg_theory as theory
assert "LinearGame" in dir(theory) and "LinearGame" in theory.__all__
heavy = [name for name in ("torch", "numpy", "scipy") if name in sys.modules]
sys.exit(", ".join(heavy) or None)
"""


def test_importing_the_theory_imports_nothing_heavy():
    result = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", theory.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    own = getattr(theory, name)
    assert name in dir(theory)
    assert own is getattr(theory, name)
    if inspect.isclass(own) or inspect.isroutine(own):
        assert own.__name__ == name
        assert own.__module__.startswith("gpreg_theory.")
        assert inspect.getdoc(own)


def test_no_public_name_hides_a_part():
    assert not set(theory.__all__) & set(PARTS)
    assert len(set(theory.__all__)) == len(theory.__all__)


def test_the_page_mentions_every_public_name_and_no_other():
    mentioned = set(re.findall(r"\btheory\.(?!md\b)([A-Za-z_]\w*)", PAGE))
    assert mentioned - set(PARTS) == set(theory.__all__)


def test_unknown_names_are_no_attributes():
    with pytest.raises(AttributeError, match="no attribute 'LinearGames'"):
        theory.LinearGames  # noqa: B018 -- the access is what is tested

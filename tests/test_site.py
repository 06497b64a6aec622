"""The site has an entry for every public name: those that tests/contract keeps, and those of ``gpreg.__all__``."""

import re
import runpy
from pathlib import Path

import pytest

import gpreg

ROOT = Path(__file__).resolve().parent.parent
NAMES = (ROOT / "tests" / "contract" / "names.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        yield runpy.run_path(str(ROOT / "docs" / "site_pages" / "python.py"))


def entries(page: str) -> set[str]:
    """What a page explains itself, and what it leads to."""
    return set(re.findall(r"^\.\. (?:auto|py:)\w+:: ([\w.]+)$|:py:obj:`([\w.]+)`", page, flags=re.MULTILINE))


@pytest.mark.parametrize("module", re.findall(r"^(gpreg[\w.]*)$", NAMES, flags=re.MULTILINE))
def test_every_name_of_the_contract_has_an_entry(site, module):
    section = NAMES.partition(f"{module}\n")[2].partition("\n\n")[0]
    kept = set(re.findall(r"^ {4}(?:@overload )?(?:class |def )?(\w+)", section, flags=re.MULTILINE))
    told = {name.rpartition(".")[2] for pair in entries(site["pages"]()[module]) for name in pair if name}
    assert kept
    assert kept <= told


def test_every_name_of_the_package_has_an_entry(site):
    assert {f"gpreg.{name}" for name in gpreg.__all__} - {"gpreg.__version__"} == {
        own for own, _ in entries(site["pages"]()["gpreg"])
    }


def test_a_name_is_explained_once(site):
    own = [name for page in site["pages"]().values() for name, _ in sorted(entries(page)) if name]
    assert len(own) == len(set(own))
    assert "gpreg.penalty" in own
    assert ":py:obj:`gpreg.Penalty`" in site["pages"]()["gpreg.penalties"]

"""The policies and the numbers of docs/reference/rho-policies.md are those of the code."""

import re
from pathlib import Path

from gpreg.sweeps.policies.rungs import budget, halved
from gpreg.sweeps.policies.table import GRID, KEYS, TUNING_SEEDS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "rho-policies.md").read_text(encoding="utf-8")


def test_its_policies_are_those_that_there_are():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE) == ["recipe", "grid", "auto", "equal", "tuned"]
    assert {"recipe", "grid", "auto", "equal", "tuned"} == KEYS.keys()


def test_its_numbers():
    plain = " ".join(PAGE.split())
    assert "they are 0.01, 0.1, 1, 10 and 100; without `tuning_seeds`, 1000, 1001 and 1002" in plain
    assert (GRID, TUNING_SEEDS) == ((0.01, 0.1, 1, 10, 100), (1000, 1001, 1002))
    assert "eight values cost as many steps as four without halving, sixteen as many as eight" in plain
    assert (budget(halved(8, 100)), budget(halved(16, 100))) == (400, 800)

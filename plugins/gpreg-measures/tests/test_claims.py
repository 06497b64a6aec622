"""The claims are the corrected table of theory; what can be measured of them is measured in the other tests."""

import pytest

from gpreg import load_registry

# one row a measure: 5a 5b 5c 6a 6b 6c, with h(olds), f(ails), d(epends) and - where an assumption does not apply
TABLE = {
    "wgan": "-f--f-",
    "wgan-gp": "------",
    "pg": "hhdhhd",
    "pd": "hhhhhh",
    "gp": "hhfhhd",
    "mid": "hhfhhd",
    "g-anc": "hhfhhd",
    "pd+pg": "hhdhhd",
    "mixture": "dddddd",
    "dragan": "hhdhhd",
    "box": "hdfhdd",
    "latent-path": "dhdhhd",
    "js": "fhdhhd",
}


def test_every_measure_of_this_package_has_a_row():
    specs = load_registry().list("measure")
    assert set(TABLE) == {spec.name for spec in specs if spec.package == "gpreg-measures"}


@pytest.mark.parametrize("name", TABLE)
def test_claims_are_those_of_the_table(name):
    claims = {claim.assumption: claim.verdict[0] for claim in load_registry().get("measure", name).claims}
    assert "".join(claims.get(a, "-") for a in ("5a", "5b", "5c", "6a", "6b", "6c")) == TABLE[name]


@pytest.mark.parametrize("name", TABLE)
def test_whoever_depends_says_on_what(name):
    for claim in load_registry().get("measure", name).claims:
        assert claim.verdict != "depends" or claim.because.startswith(("on ", "holds if", "as for "))

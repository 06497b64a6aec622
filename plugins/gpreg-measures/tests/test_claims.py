"""The claims are the corrected table of theory; what can be measured of them is measured in the other tests."""

import math

import pytest
import torch

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


# Eight equal atoms on a circle, real and fake both from them: mu is then its own limit, and S is known.
ANGLES = torch.arange(8) * math.pi / 4
ATOMS = math.sqrt(2) * torch.stack([ANGLES.cos(), ANGLES.sin()], dim=1).double()
TUBE = 0.2


def shares(draw, name):
    """The share of mu's mass in the tube around each atom, and outside all of them."""
    rng = torch.Generator().manual_seed(11)
    real, fake = (ATOMS[torch.randint(8, (4000,), generator=rng)] for _ in range(2))
    sample = draw(name, real=real, fake=fake, latent=fake, generator=lambda z: z)
    weights = sample.weights
    if callable(weights):
        weights = weights(torch.zeros(len(sample.points), dtype=torch.float64))
    weights = torch.ones(len(sample.points)).double() if weights is None else weights
    distance, nearest = torch.cdist(sample.points, ATOMS).min(1)
    inside = weights * (distance < TUBE)
    per_atom = torch.zeros(8, dtype=torch.float64).index_add(0, nearest, inside)
    return per_atom / weights.sum(), 1 - inside.sum() / weights.sum()


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row[1] == "h"])
def test_whoever_claims_5b_covers_every_atom(draw, name):
    per_atom, _ = shares(draw, name)
    assert (per_atom > 1e-3).all()


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row[2] in "hf" and name != "wgan"])
def test_5c_holds_or_fails_on_atoms_as_claimed(draw, name):
    _, outside = shares(draw, name)
    assert outside == 0 if TABLE[name][2] == "h" else outside > 0.5


def test_the_midpoint_puts_an_eighth_on_the_data_and_an_eighth_on_the_origin(draw):
    per_atom, outside = shares(draw, "mid")
    assert abs(per_atom.sum() - 1 / 8) < 0.02
    assert abs(outside - 7 / 8) < 0.02

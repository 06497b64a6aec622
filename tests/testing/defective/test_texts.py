"""Wrong recipes and sweeps, each found by the check that is about it."""

import pytest
from fixtures.kits import assert_found, outcomes

from gpreg import RecipeSpec, SweepSpec, load_registry
from gpreg.testing import recipe_checks, sweep_checks

PLANE = load_registry().build("recipe", "plane")
SWEEP = "recipe = 'plane'\n[axes]\nmeasure = ['mid', 'pd']\nseed = '0:3'\n"


def made(kind, text):
    spec, checks = {"recipe": (RecipeSpec, recipe_checks), "sweep": (SweepSpec, sweep_checks)}[kind]
    return kind, spec(name="subject", summary="s", factory=lambda: text), checks


@pytest.mark.parametrize(("kind", "text"), [("recipe", PLANE), ("sweep", SWEEP)])
def test_what_is_right_passes(kind, text):
    assert outcomes(*made(kind, text)) == {}


@pytest.mark.parametrize(
    ("kind", "text", "check"),
    [
        ("recipe", "rho = = 3", "is_a_table"),
        ("recipe", "[penalty]\nrho = -1", "fits_what_is_installed"),
        ("recipe", "[measure]\nname = 'none'", "fits_what_is_installed"),
        ("recipe", f"{PLANE}\n[form]\nname = 'one-sided'\nlimit = 2", "fits_what_is_installed"),
        ("recipe", PLANE.replace('name = "mid"', 'name = "box"\nlow = 1\nhigh = 0'), "names_what_can_be_built"),
        ("recipe", f'{PLANE}\n[unstated]\n"penalty.rho" = " "', "tells_why_a_number_is_a_guess"),
        ("sweep", "[axes", "is_a_table"),
        ("sweep", "", "is_a_table"),
        ("sweep", f"{SWEEP}[rows]\nname = 'mid'", "is_a_sweep"),
        ("sweep", SWEEP.replace("'mid', 'pd'", "'middle'"), "has_rows_that_can_be_trained"),
        ("sweep", f"score = 'modes/none'\n{SWEEP}", "has_rows_that_can_be_trained"),
        ("sweep", f"{SWEEP}[rho]\npolicy = 'tuned'\ntuning_seeds = '2:5'", "chooses_rho_on_other_seeds"),
        ("sweep", f"{SWEEP}[scales.small.axes]\nmeasure = ['none']", "has_rows_that_can_be_trained"),
    ],
)
def test_what_is_wrong_is_found(kind, text, check):
    assert_found(check, *made(kind, text))

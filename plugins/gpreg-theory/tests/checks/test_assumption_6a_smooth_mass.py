import numpy as np
import pytest
import torch

from gpreg_theory.checks.assumption_6a_smooth_mass import STEPS, behaviour, check, differences


@pytest.mark.parametrize("mass", [lambda psi: 1 + psi / 2, lambda psi: torch.exp(-psi * psi)])
def test_a_smooth_mass_holds(constructions, verdicts, mass):
    measure = constructions.Weighted(mass)
    assert verdicts(check, "6a", measure, constructions.Game())["holds"] == 20


def test_a_mass_with_a_kink_is_violated(constructions, verdicts):
    measure = constructions.Weighted(torch.abs)
    assert verdicts(check, "6a", measure, constructions.Game())["violated"] == 20


def test_a_kink_somewhere_else_is_none(constructions, verdicts):
    game = constructions.Game(critic=constructions.Linear((1.0, 0.5)))
    assert verdicts(check, "6a", constructions.Weighted(torch.abs), game, 3)["holds"] == 3


def test_differences_of_the_mass_are_derivatives(constructions):
    context = constructions.Game(critic=constructions.Linear((0.5, 0.0))).context(
        constructions.Weighted(lambda psi: torch.exp(2 * psi))
    )
    own = differences(context.measure, context.batch)
    moved = own.second[-1] / own.first[-1] ** 2 * np.exp(1.0)
    assert moved == pytest.approx(1.0, rel=1e-4)  # f'' f / f'^2 of an exponential, whatever the line


def test_away_from_the_equilibrium_nothing_is_decided(constructions, verdicts):
    game = constructions.Game(point="training")
    assert verdicts(check, "6a", constructions.Weighted(torch.abs), game, 2)["undecided"] == 2


def test_the_regularizer_of_roth_is_smooth_at_a_flat_critic(constructions):
    context = constructions.Game(critic=constructions.Flat(), point="construction").context("js")
    (finding,) = check(context)
    assert finding.verdict == "holds"
    assert finding.statistics["largest_mass"] <= 2


def test_a_measure_that_ignores_the_critic_needs_no_differences(constructions):
    assert not list(check(constructions.Game().context("gp")))


@pytest.mark.parametrize(
    ("power", "expected"), [(0.0, "converges"), (1.0, "converges"), (-1.0, "grows"), (-2.0, "grows"), (-0.5, "unclear")]
)
def test_behaviour_of_a_power_of_the_step(power, expected):
    assert behaviour(np.array(STEPS) ** power, 1e3 if power > 0 else 1.0) == expected

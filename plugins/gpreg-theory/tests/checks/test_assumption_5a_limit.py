import numpy as np
import pytest

from gpreg_theory.checks.assumption_5a_limit import TIMES, approach, check


@pytest.mark.parametrize("measure", ["gp", "pg"])
@pytest.mark.parametrize("point", ["construction", "equilibrium", "training"])
def test_continuous_samplers_converge(constructions, verdicts, measure, point):
    seeds = 20 if (point, measure) == ("training", "gp") else 2
    assert verdicts(check, "5a", measure, constructions.Game(point=point), seeds)["holds"] == seeds


def test_a_step_of_fixed_length_does_not(constructions, verdicts):
    game = constructions.Game(point="training", data=constructions.origin)
    assert verdicts(check, "5a", constructions.Stepping(), game)["violated"] == 20


def test_the_distance_falls_like_that_of_the_model(constructions):
    context = constructions.Game(point="training").context("mid")
    own = approach(context, context.batch, context.second_batch)
    np.testing.assert_allclose(own.distance / own.distance[0], TIMES, rtol=1e-3)
    assert own.slope == pytest.approx(1.0, abs=1e-3)
    assert own.moments[0] != own.moments[1]


def test_a_model_that_cannot_be_told_from_data_shows_no_approach(constructions, verdicts):
    game = constructions.Game(data=constructions.origin)
    assert verdicts(check, "5a", constructions.Stepping(), game, 2)["undecided"] == 2


@pytest.mark.parametrize("measure", ["latent-path", "pd", "js"])
def test_what_no_fakes_can_show_is_not_decided(constructions, measure):
    assert {f.verdict for f in check(constructions.Game().context(measure))} <= {"undecided"}

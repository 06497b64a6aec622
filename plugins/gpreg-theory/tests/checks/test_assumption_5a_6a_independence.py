import copy
from dataclasses import replace

import pytest
import torch

from gpreg.interfaces import PenaltyMeasure, PenaltySample
from gpreg_theory.checks import assumption_6a_moving_support
from gpreg_theory.checks.assumption_5a_6a_independence import check
from gpreg_theory.checks.evidence.dependence import dependence, structure


def test_data_does_not_depend_on_the_critic(constructions, verdicts):
    game = constructions.Game()
    assert verdicts(check, "5a", "pd", game) == {"holds": 20, "violated": 0, "undecided": 0}
    assert verdicts(check, "6a", "pd", game) == {"holds": 20, "violated": 0, "undecided": 0}


def test_a_dirac_measure_that_follows_the_critic_moves_its_support(constructions, verdicts):
    game = constructions.Game(critic=constructions.Linear((1.0, 0.5)))
    assert verdicts(check, "5a", constructions.Moving(), game)["violated"] == 20
    assert verdicts(assumption_6a_moving_support.check, "6a", constructions.Moving(), game)["violated"] == 20


def test_moved_noise_depends_on_the_critic_but_keeps_its_support(constructions, verdicts):
    game = constructions.Game()
    assert verdicts(check, "5a", constructions.Noisy(), game, 5)["violated"] == 5
    assert verdicts(assumption_6a_moving_support.check, "6a", constructions.Noisy(), game, 5)["violated"] == 0


def test_weights_that_depend_on_the_critic_violate_5a_alone(constructions):
    context = constructions.Game().context("js")
    (finding,) = check(context)
    assert (finding.assumption, finding.verdict, finding.basis) == ("5a", "violated", "measured")
    assert not any(finding.statistics["points"])
    assert all(finding.statistics["weights"])


def test_whoever_peeks_at_the_critic_is_not_believed(constructions):
    context = constructions.Game().context(constructions.Peeking())
    assert not structure(context.measure, context.batch).points
    assert {f.verdict for f in check(context)} == {"undecided"}


class ByFunction(PenaltyMeasure):
    def __init__(self, weights):
        super().__init__()
        self.weights = weights

    def sample(self, batch):
        return PenaltySample(points=batch.real, weights=lambda outputs: self.weights(outputs, batch.critic))


@pytest.mark.parametrize(
    ("weights", "ignored"),
    [
        (lambda d, _: torch.full_like(d, 2.0), True),
        (lambda d, _: d.sigmoid(), False),
        (lambda d, _: (d > 0).to(d), False),
        (lambda d, critic: torch.full_like(d, float(critic.psi.detach().exp().sum())), False),
    ],
)
def test_weights_by_a_function_are_fixed_if_it_ignores_outputs_and_critic(constructions, weights, ignored):
    context = constructions.Game().context(ByFunction(weights))
    assert structure(context.measure, context.batch).weights is ignored
    found = {f.assumption: (f.verdict, f.basis) for f in check(context)}
    assert found["5a"] == (("holds", "proved") if ignored else ("violated", "measured"))


def test_a_critic_without_parameters_cannot_be_perturbed(constructions):
    context = constructions.Game().context(constructions.Moving())
    batch = replace(context.batch, critic=lambda x: x[:, 0])
    assert dependence(constructions.Half(), batch).compared == 0
    assert structure(constructions.Half(), batch).independent


def test_an_encoder_that_is_trained_is_not_constant(constructions):
    class Encoded(PenaltyMeasure):
        def __init__(self):
            super().__init__()
            self.encoder = torch.nn.Linear(2, 2)

        def sample(self, batch):
            return PenaltySample(points=self.encoder(batch.real))

    found = {f.assumption: f.verdict for f in check(constructions.Game().context(Encoded()))}
    assert found == {"5a": "undecided", "6a": "holds"}


@pytest.mark.parametrize("measure", ["mid", "js", "latent-path"])
def test_nothing_is_left_changed(constructions, measure):
    context = constructions.Game(critic=constructions.Flat()).context(measure)
    before = copy.deepcopy((context.batch.critic.state_dict(), context.batch.rng.get_state(), torch.get_rng_state()))
    list(check(context))
    after = context.batch.critic.state_dict(), context.batch.rng.get_state(), torch.get_rng_state()
    assert all(torch.equal(before[0][name], after[0][name]) for name in after[0])
    assert torch.equal(before[1], after[1])
    assert torch.equal(before[2], after[2])

import pytest
import torch
from torch import nn

from gpreg.errors import OptionError, UsageError
from gpreg.interfaces import PenaltyMeasure, PenaltySample
from gpreg.registry.registry import load_registry
from gpreg_theory.checks.context import check_context
from gpreg_theory.checks.runner import run_checks


class Middle(PenaltyMeasure):
    """A measure of one's own."""

    def sample(self, batch):
        return PenaltySample(points=0 * batch.real)


def codes(n, rng):
    return torch.randn(n, 2, generator=rng)


def ring(n, rng):
    angle = 2 * torch.pi * torch.rand(n, generator=rng)
    return torch.stack([angle.cos(), angle.sin()], dim=1)


@pytest.fixture
def players():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), nn.Linear(2, 2)


def test_batches_are_independent_and_reproducible(players):
    one, same = (check_context(*players, ring, latent=codes, seed=3) for _ in range(2))
    assert torch.equal(one.batch.real, same.batch.real)
    assert torch.equal(one.second_batch.fake, same.second_batch.fake)
    assert not torch.equal(one.batch.real, one.second_batch.real)
    assert torch.equal(one.batch.fake, players[1](one.batch.latent))
    assert len(one.fresh(7, 5).real) == 7


def test_names_and_objects_of_ones_own(players):
    named = check_context(*players, ring, latent=codes, measure="g-anc", measure_options={"point": [0.0, 1.0]})
    assert named.measure.anchor.tolist() == [0.0, 1.0]
    assert named.claims["5b"].verdict == "holds"
    assert named.simple
    assert not check_context(*players, ring, latent=codes, form="one-centered").simple
    own = check_context(*players, ring, latent=codes, measure=Middle(), loss=named.loss)
    assert own.claims == {}
    assert own.loss is named.loss


def test_samples_are_divided_between_batches(players):
    data = torch.arange(40.0).reshape(20, 2)
    context = check_context(*players, data, latent=codes, point="construction")
    assert len(context.batch.real) == len(context.batch.fake) == 5
    both = torch.cat([context.batch.real, context.batch.fake])
    assert len(both.unique(dim=0)) == 10
    with pytest.raises(UsageError, match="no two independent batches"):
        check_context(*players, data[:3], latent=codes, point="construction")


def test_codes_must_be_drawn_somehow(players):
    with pytest.raises(UsageError, match="codes of Linear"):
        check_context(*players, ring)


def test_a_report_in_two_lines(players):
    critic, generator = players
    nn.init.zeros_(critic[2].weight)
    report = run_checks(check_context(critic, generator, ring, latent=codes, measure="pd", point="construction", n=64))
    assert report.notes == ()
    assert [report.decisive(name).verdict for name in ("1", "3", "5b", "6b", "6c")] == ["holds"] * 5


@pytest.mark.parametrize(("measure", "outcome"), [("wgan-gp", "other form"), ("dragan", "other form"), ("pd", None)])
def test_the_form_is_the_measures_own_unless_one_is_named(players, measure, outcome):
    critic, generator = players
    nn.init.zeros_(critic[2].weight)
    settings = {"latent": codes, "measure": measure, "point": "construction", "n": 64}
    own = run_checks(check_context(critic, generator, ring, **settings)).conclusion.outcome
    assert own == outcome or outcome is None
    named = check_context(critic, generator, ring, form="squared", **settings)
    assert named.simple
    assert run_checks(named).conclusion.outcome != "other form"


def test_options_that_a_measure_has_not_are_refused(players):
    with pytest.raises(OptionError, match="did you mean 'point'"):
        check_context(*players, ring, latent=codes, measure="g-anc", measure_options={"pont": [0.0, 1.0]})
    with pytest.raises(OptionError, match="'mid' has no option"):
        check_context(*players, ring, latent=codes, measure="mid", measure_options={"point": [0.0, 1.0]})
    with pytest.raises(OptionError, match="built already, a Middle"):
        check_context(*players, ring, latent=codes, measure=Middle(), measure_options={"point": [0.0, 1.0]})


def test_what_it_takes_by_name_it_takes_as_instance_and_class(players):
    registry = load_registry()
    squared, one_centered = (registry.build("form", name) for name in ("squared", "one-centered"))
    settings = {"latent": codes, "n": 16}
    for measure in (Middle, Middle()):
        assert isinstance(check_context(*players, ring, measure=measure, **settings).measure, Middle)
    assert check_context(*players, ring, form=squared, **settings).form is squared
    assert check_context(*players, ring, form=type(squared), **settings).simple
    assert not check_context(*players, ring, form=one_centered, **settings).simple
    for kind in ("measure", "form", "loss"):
        with pytest.raises(UsageError, match=f"the {kind} is"):
            check_context(*players, ring, **{kind: object()}, **settings)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"point": "equilibirum"}, "did you mean 'equilibrium'"),
        ({"rho": -1.0}, "rho is -1.0"),
        ({"rho": float("nan")}, "rho is nan"),
        ({"n": 0}, "n is 0"),
    ],
)
def test_values_out_of_bounds_are_refused(players, value, message):
    with pytest.raises(UsageError, match=message):
        check_context(*players, ring, latent=codes, **value)

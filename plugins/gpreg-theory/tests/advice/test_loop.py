"""The best rho for the networks of somebody's loop is that of the theory for the same networks and points."""

import copy

import pytest
import torch
from torch import nn

import gpreg
from gpreg.interfaces import Networks
from gpreg.probing.advised import _networks
from gpreg.probing.fakes import made
from gpreg.probing.scene import Scene, loss_of
from gpreg_theory import modal_table
from gpreg_theory.advice.advisor import TheoryAdvisor
from gpreg_theory.advice.loop import equilibrium_of


class Shift(nn.Module):
    """``G(z) = s z + t``: three parameters, so that there are at most three modes."""

    def __init__(self, dim=2):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(())), nn.Parameter(torch.zeros(dim))

    def forward(self, z, condition=None):
        return self.scale * z + self.shift


def critic(dim=2, width=12):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(dim, width), nn.Tanh(), nn.Linear(width, 1)).double()


def real(n=48, dim=2):
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def networks(own, generator, samples, *, loss="wasserstein", measure="gp", latent_dim=2, steps=13, **settings):
    penalty = gpreg.penalty(measure, seed=0, **settings)
    fake = made(generator, samples, latent_dim=latent_dim, seed=0, material={}, needs=penalty.measure.needs)
    return _networks(Scene.of(penalty, own, fake, samples, loss_of(loss)[0]), steps)


@pytest.mark.parametrize("loss", ["wasserstein", "non-saturating", "hinge", "least-squares"])
@pytest.mark.parametrize("measure", ["pd", "gp", "pd+pg"])
def test_it_is_the_best_one_of_the_modal_table(measure, loss):
    own = critic()
    with torch.no_grad():
        own[0].weight.mul_(4)  # steep features, so that the curvature of the loss does not damp all that moves
    given = networks(own, Shift().double(), real(), measure=measure, loss=loss, rho=2.0)
    point = equilibrium_of(given)
    table = modal_table(point, k=10, rho=1.0)
    if loss == "least-squares":
        assert table.best.rho == 0
        with pytest.raises(gpreg.errors.UsageError, match="curvature of the loss damps more"):
            TheoryAdvisor().rho_for(given)
        return
    chosen = TheoryAdvisor().rho_for(given)
    assert chosen.rho == pytest.approx(table.best.rho, rel=1e-3)
    assert len(chosen.document["frequencies"]) == len(table.modes) == 3
    assert chosen.document["frequencies"] == pytest.approx([mode.frequency for mode in table.modes])
    found = gpreg.probe(gpreg.penalty(measure, seed=0, rho=2.0), own, Shift().double(), real(), latent_dim=2, loss=loss)
    assert found.best_rho == pytest.approx(chosen.rho)
    assert found.critic_steps <= 20
    assert "the 3 strongest modes decay fastest" in found.because


def test_with_more_modes_it_is_that_of_those_which_converge():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        generator = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2)).double()
    given = networks(critic(width=24), generator, real(), latent_dim=3)
    chosen = TheoryAdvisor().rho_for(given)
    table = modal_table(equilibrium_of(given), k=len(chosen.document["frequencies"]), rho=1.0)
    assert chosen.document["frequencies"][0] == pytest.approx(table.modes[0].frequency, rel=0.02)
    assert chosen.rho == pytest.approx(table.best.rho, rel=0.25)


@pytest.mark.parametrize(("form", "of", "factor"), [("squared", "logit", 1), ("squared", "sigmoid", 16)])
def test_what_is_penalised_scales_it(form, of, factor):
    plain = TheoryAdvisor().rho_for(networks(critic(), Shift().double(), real())).rho
    other = TheoryAdvisor().rho_for(networks(critic(), Shift().double(), real(), form=form, of=of)).rho
    assert other == pytest.approx(factor * plain)


def test_nests_and_conditions_are_points_to_it():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.critic = critic()

        def forward(self, x, condition=None):
            return self.critic(x["x"] if condition is None else x["x"] + condition)

    class Made(Shift):
        def forward(self, z, condition=None):
            return {"x": super().forward(z)}

    plain = gpreg.probe(gpreg.penalty("gp", seed=0), critic(), Shift().double(), real(), latent_dim=2)
    nested = gpreg.probe(gpreg.penalty("gp", seed=0), Nested(), Made().double(), {"x": real()}, latent_dim=2)
    assert nested.best_rho == pytest.approx(plain.best_rho)
    conditional = gpreg.probe(
        gpreg.penalty("gp", seed=0),
        Nested(),
        Made().double(),
        {"x": real()},
        latent_dim=2,
        condition=torch.zeros(48, 2, dtype=torch.float64),
    )
    assert conditional.best_rho == pytest.approx(plain.best_rho)


def test_nothing_of_the_networks_is_changed():
    own, generator = critic(), Shift().double()
    given = networks(own, generator, real())
    before = [copy.deepcopy(network.state_dict()) for network in (own, generator)]
    state = torch.get_rng_state()
    first, second = (TheoryAdvisor().rho_for(given) for _ in range(2))
    assert first == second
    assert torch.equal(torch.get_rng_state(), state)
    for network, kept in zip((own, generator), before, strict=True):
        assert all(torch.equal(value, kept[name]) for name, value in network.state_dict().items())
        assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"own": nn.Sequential(nn.Linear(2, 1), nn.Tanh()).double()}, "no equilibrium"),
        ({"samples": real(3)}, "too few to linearise"),
        ({"form": "one-sided"}, "flat at 0"),
        ({"form": "one-centered"}, "kink at 0"),
        ({"loss": "relativistic"}, "form E_pd f"),
        ({"steps": 5}, "5 critic steps are left, and the linearised game takes 6"),
        ({"measure": "wgan"}, "no penalty to choose rho for"),
    ],
)
def test_where_there_is_none_it_says_why(change, message):
    given = {"own": critic(), "generator": Shift().double(), "samples": real()} | change
    with pytest.raises(gpreg.errors.UsageError, match=message):
        TheoryAdvisor().rho_for(networks(given.pop("own"), given.pop("generator"), given.pop("samples"), **given))
    if not {"steps", "measure"} & set(change):
        plain = {"own": critic(), "generator": Shift().double(), "samples": real()} | change
        penalty = gpreg.penalty("gp", form=plain.get("form"))
        loss = plain.get("loss", "wasserstein")
        found = gpreg.probe(penalty, plain["own"], plain["generator"], plain["samples"], latent_dim=2, loss=loss)
        assert found.best_rho is None
        assert message in found.because


def test_the_networks_are_what_an_advisor_takes():
    assert isinstance(networks(critic(), Shift().double(), real()), Networks)

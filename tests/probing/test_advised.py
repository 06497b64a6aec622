"""Who is asked for the best rho of a loop's networks, and what is said where nobody can say."""

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import PluginError
from gpreg.interfaces import Advisor, ChosenRho
from gpreg.probing import advised
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.registry import Registry, load_registry
from gpreg.registry.specs import AdvisorSpec

SEEN = []


class Tabled(Advisor):
    """Knows a number, and says what it cost."""

    def rho_for(self, networks):
        SEEN.append(networks)
        return ChosenRho(rho=3.0, because="it is in the table", document={"critic_steps": 2})


class Silent(Advisor):
    pass


class Failing(Advisor):
    def rho_for(self, networks):
        raise RuntimeError("out of wits")


class Wrong(Advisor):
    def rho_for(self, networks):
        return "three"


@pytest.fixture
def advisors(monkeypatch):
    """Let these be the installed advisors."""

    def be(*classes):
        specs = tuple(
            AdvisorSpec(name=own.__name__.lower(), factory=own, summary="s", package="mine", version="1")
            for own in classes
        )
        records = [record for record in load_registry().records if record.package != "gpreg-theory"]
        mine = PluginRecord(name="mine", package="mine", version="1", module="mine", specs={"advisor": specs})
        monkeypatch.setattr(advised, "load_registry", lambda: Registry((mine, *records)))

    return be


def probe(critic=None, generator=None, **more):
    real = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    critic = critic or nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    return gpreg.probe(gpreg.penalty("gp", rho=2.0), critic, generator or nn.Linear(3, 2), real, latent_dim=3, **more)


def test_the_first_that_chooses_one_decides_and_knows_its_budget(advisors):
    advisors(Silent, Tabled, Failing)
    SEEN.clear()
    found = probe()
    assert (found.best_rho, found.because, found.critic_steps) == (3.0, "it is in the table", 9)
    networks = SEEN[0]
    assert networks.critic_steps == 13
    first, second = (networks.draw(networks.batch) for _ in range(2))
    assert torch.equal(first.points, second.points)
    assert networks.batch.latent.shape == (8, 3)


def test_without_one(advisors):
    advisors()
    found = probe()
    assert found.best_rho is None
    assert "no advisor is installed" in found.because
    assert "pip install gpreg-theory" in found.because
    assert len(found.trials) == 3
    advisors(Silent)
    assert "no advisor that is installed chooses rho" in probe().because


@pytest.mark.parametrize(("own", "message"), [(Failing, "out of wits"), (Wrong, "answers with a str")])
def test_one_at_fault_is_named_and_the_rest_is_there(advisors, monkeypatch, own, message):
    advisors(own)
    found = probe()
    assert message in found.because
    assert own.__name__.lower() in found.because
    assert found.critic_steps == 20
    assert len(found.trials) == 3
    monkeypatch.setenv("GPREG_STRICT_PLUGINS", "1")
    with pytest.raises((RuntimeError, PluginError), match=message):
        probe()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": lambda d_real, d_fake: d_fake - d_real}, "the loss is a function"),
        ({"critic": lambda x: x.square().sum(1)}, "the critic is a function, whose layers are not known"),
        ({"generator": lambda z: z[:, :2]}, "the generator is a function"),
    ],
)
def test_what_is_not_known_of_the_networks_is_said(advisors, change, message):
    advisors(Tabled)
    assert message in probe(**change).because


def test_units_and_packs(advisors):
    advisors(Tabled)
    real, critic = torch.randn(8, 2), nn.Linear(2, 1)
    scaled = gpreg.probe(gpreg.penalty("gp", scale=2.0), critic, nn.Linear(3, 2), real, latent_dim=3)
    assert "units of its own" in scaled.because
    packed = gpreg.probe(
        gpreg.penalty("gp", pack=2), nn.Sequential(nn.Unflatten(0, (4, 2)), nn.Flatten(), nn.Linear(4, 1)),
        nn.Linear(3, 2), real, latent_dim=3,
    )  # fmt: skip
    assert "which no generator makes from one code" in packed.because
    assert len(packed.trials) == 3

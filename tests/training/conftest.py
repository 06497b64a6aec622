import pytest
import torch

import gpreg
from gpreg.recipe import load, override, resolve
from gpreg.runs.data import DataAccess
from gpreg.training.distributed import Ranks
from gpreg.training.experiment import set_up

TINY = {
    "plane": {"architecture": {"width": 16}},
    "digits": {"architecture": {"width": 4, "latent_dim": 8}, "dataset": {"size": 8}},
    "digits-dcgan": {"architecture": {"width": 4, "latent_dim": 8, "levels": 1}, "dataset": {"size": 8}},
    "digits-resnet-stable": {
        "architecture": {
            "width": 4,
            "generator_max_width": 4,
            "critic_max_width": 4,
            "latent_dim": 4,
            "embedding_dim": 4,
        },
        "dataset": {"size": 8},
    },
}
"""Recipes as small as they can be."""


@pytest.fixture(scope="session")
def registry():
    return gpreg.load_registry()


@pytest.fixture(scope="session")
def tiny(registry):
    """A complete recipe that trains in no time, with other choices."""

    def make(base="plane", choices=None):
        small = {
            "training.batch_size": 16,
            "training.steps": 20,
            "compute.device": "cpu",
            "report.tick": 5,
            "report.picture_ticks": 0,
            "report.checkpoint_ticks": 1,
            "report.score_samples": 100,
            "report.gap_samples": 0,
            "metrics": "none",
            **TINY[base],
        }
        recipe, _ = override(load(base, registry), small, registry)
        return resolve(override(recipe, choices or {}, registry)[0], registry)

    return make


@pytest.fixture(scope="session")
def build(registry, tiny):
    """An experiment, set up in one process."""

    def make(base="plane", choices=None, *, access=None):
        return set_up(tiny(base, choices), registry, access=access or DataAccess(), ranks=Ranks())

    return make


@pytest.fixture
def same_weights():
    """Asserts that two networks, or state dicts, are equal bit for bit."""

    def check(one, other):
        states = [thing.state_dict() if isinstance(thing, torch.nn.Module) else thing for thing in (one, other)]
        assert states[0].keys() == states[1].keys()
        different = [name for name, tensor in states[0].items() if not torch.equal(tensor, states[1][name])]
        assert different == []

    return check

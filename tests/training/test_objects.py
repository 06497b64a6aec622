"""Networks and pictures of one's own, given as objects, in a run that is stopped and goes on."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

import gpreg
from gpreg.errors import PluginError, UsageError
from gpreg.evaluation.trained import load_trained
from gpreg.objects import adopt
from gpreg.recipe import load, override
from gpreg.runs.plan import Supply
from gpreg.training.resumption import Wishes, resume
from gpreg.training.run import start

PIXELS = 8


class Discs(Dataset):
    """Pictures of discs, brightened at random by each of the three generators that a dataset may use."""

    classes = ("small", "large")

    def __len__(self):
        return 40

    def __getitem__(self, number):
        y, x = np.ogrid[:PIXELS, :PIXELS]
        disc = (y - 4) ** 2 + (x - 4) ** 2 < (4 if number % 2 else 12)
        noise = random.random() * np.random.random() * float(torch.rand(()))
        return torch.tensor(disc, dtype=torch.float32)[None] * (0.5 + 0.5 * noise), number % 2


class Critic(nn.Module):
    """A convolution and a sum, as somebody writes it who has never heard of gpreg."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.last = nn.Linear(4 * (PIXELS // 2) ** 2, 1)

    def forward(self, pictures):
        return self.last(nn.functional.leaky_relu(self.convolution(pictures), 0.2).flatten(1))


def generator():
    return nn.Sequential(nn.Linear(6, PIXELS**2), nn.Tanh(), nn.Unflatten(1, (1, PIXELS, PIXELS)))


CHOICES = {
    "training.batch_size": 8,
    "training.steps": 6,
    "training.conditional": False,
    "schedule.name": "constant",
    "compute.device": "cpu",
    "report.tick": 2,
    "report.picture_ticks": 1,
    "report.checkpoint_ticks": 1,
    "report.gap_samples": 4,
    "report.check_samples": 0,
    "metrics": "none",
}


def plan_of(things, **choices):
    registry, names = adopt(gpreg.load_registry(), things)
    named = {f"{kind}.name": name for kind, name in names.items() if isinstance(name, str)}
    changed, _ = override(load("digits-dcgan", registry), {**CHOICES, **named, **choices}, registry)
    return Supply(registry=registry).plan(changed)


def weights(folder, supply):
    return load_trained(folder, supply, raw=True).networks


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_with_own_pictures_and_networks_goes_on_bit_for_bit(tmp_path, workers):
    things = {"architecture": gpreg.Pair(generator(), Critic(), value_range=(-1.0, 1.0)), "dataset": Discs()}
    whole, half = (plan_of(things, dataset={"workers": workers}, **{"training.steps": n}) for n in (6, 2))
    start(whole, tmp_path / "whole")
    start(half, tmp_path / "half")
    other = plan_of(things, dataset={"workers": 1 - workers}).supply
    resume(tmp_path / "half", other, wishes=Wishes(steps=6))
    left, right = (weights(tmp_path / name, other) for name in ("whole", "half"))
    for one, two in zip(left, right, strict=True):
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, two.state_dict()[name]), name
    assert sorted((tmp_path / "half" / "samples").glob("*.png"))


def test_what_was_given_is_left_as_it_was_and_a_second_run_begins_there(tmp_path):
    networks = generator(), Critic()
    before = [{name: tensor.clone() for name, tensor in network.state_dict().items()} for network in networks]
    plan = plan_of({"architecture": networks, "dataset": Discs()})
    for name in ("one", "two"):
        start(plan, tmp_path / name)
    for network, state in zip(networks, before, strict=True):
        assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    one, two = (weights(tmp_path / name, plan.supply).generator.state_dict() for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["module.0.weight"], before[0]["0.weight"])


def test_without_the_objects_the_run_can_be_sampled_if_it_is_only_its_data_that_is_gone(tmp_path):
    supply = Supply(registry=gpreg.load_registry())
    start(plan_of({"dataset": Discs(), "architecture": (generator, Critic)}), tmp_path / "both")
    with pytest.raises(UsageError, match="trained with the architecture generator and Critic of ") as caught:
        load_trained(tmp_path / "both", supply)
    assert f"gpreg.open_run('{tmp_path / 'both'}', architecture=...)" in caught.value.remedy
    start(plan_of({"dataset": Discs()}, architecture={"width": 4, "latent_dim": 8, "levels": 1}), tmp_path / "data")
    trained = load_trained(tmp_path / "data", supply)
    assert next(trained.sampler.draw(3, torch.Generator())).shape == (3, 1, PIXELS, PIXELS)
    with pytest.raises(UsageError, match="trained with the dataset Discs of "):
        resume(tmp_path / "data", supply, wishes=Wishes(steps=8))


def test_a_wrong_shape_is_refused_before_anything_is_written(tmp_path):
    wrong = nn.Sequential(nn.Linear(6, 9), nn.Unflatten(1, (1, 3, 3)))
    with pytest.raises(PluginError, match=r"Critic \(.*test_objects.py:\d+\), makes \(2, 1, 3, 3\)") as caught:
        start(plan_of({"architecture": (wrong, Critic()), "dataset": Discs()}), tmp_path / "run")
    assert caught.value.exit_code == 3
    assert not (tmp_path / "run").exists()


def test_what_lives_in_the_session_alone_is_told_when_training_starts(tmp_path, caplog):
    caplog.set_level("INFO", "gpreg")
    start(plan_of({"architecture": (lambda width=6: generator(), Critic), "dataset": Discs()}), tmp_path / "run")
    told = caplog.text
    assert "of a lambda nothing can be recorded: keep that of the architecture" in told
    assert "<lambda> and Critic, the dataset Discs; to go on with the run" in told

import subprocess
import sys

import pytest
import torch

from gpreg.errors import OptionError, UsageError
from gpreg.recipe import OptimizerSettings
from gpreg.recipe.optimizers import (
    OWN,
    UNSUITABLE,
    complete_optimizer,
    known_optimizers,
    optimizer_name,
    read_optimizer,
)


def test_every_class_of_torch_is_known_or_unsuitable():
    classes = {
        name
        for name, thing in vars(torch.optim).items()
        if isinstance(thing, type) and issubclass(thing, torch.optim.Optimizer) and thing is not torch.optim.Optimizer
    }
    assert classes - set(UNSUITABLE) == set(known_optimizers()) - set(OWN)
    assert not classes & set(OWN)
    assert {"Adam", "RMSprop", "SGD"} <= set(known_optimizers())


@pytest.mark.parametrize("name", known_optimizers())
def test_each_is_completed_read_back_and_trains_a_network(name):
    settings = complete_optimizer(read_optimizer(name.lower(), {"lr": "0.01"}))
    assert settings.name == name
    assert settings.arguments["lr"] == 0.01
    assert read_optimizer(name, settings.arguments) == settings
    assert complete_optimizer(settings) == settings
    network = torch.nn.Linear(2, 1)
    before = network.weight.detach().clone()
    optimizer = known_optimizers()[name](network.parameters(), **settings.arguments)
    network(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(before, network.weight)


def test_tensorflows_rmsprop_with_tensorflows_arguments():
    assert complete_optimizer(read_optimizer("rmsproptf", {"lr": "5e-5"})).arguments == {
        "lr": 5e-5,
        "decay": 0.9,
        "momentum": 0.0,
        "eps": 1e-10,
        "centered": False,
    }
    with pytest.raises(OptionError, match="has no option 'alpha'"):
        read_optimizer("RMSpropTF", {"alpha": 0.9})
    with pytest.raises(OptionError, match=r"optimizer 'RMSpropTF': eps is -1\.0; it must be at least 0"):
        read_optimizer("RMSpropTF", {"eps": -1})


@pytest.mark.parametrize("name", UNSUITABLE)
def test_what_cannot_train_a_player_is_refused_with_the_reason(name):
    with pytest.raises(UsageError, match=f"{name}.* cannot train a player: it "):
        optimizer_name(name)


def test_words_become_arguments():
    read = read_optimizer("adamw", {"lr": "2e-4", "betas": "0, 0.9", "amsgrad": "true", "weight_decay": 0})
    assert read == OptimizerSettings(
        name="AdamW", arguments={"lr": 2e-4, "betas": (0.0, 0.9), "amsgrad": True, "weight_decay": 0.0}
    )


@pytest.mark.parametrize(
    ("name", "near"), [("adan", "Adam"), ("rms-prop", "RMSprop"), ("sgdd", "SGD"), ("nadm", "NAdam"), ("zzz", None)]
)
def test_an_unknown_name_is_answered_with_the_nearest(name, near):
    with pytest.raises(UsageError) as caught:
        optimizer_name(name)
    assert caught.value.message.endswith(f"did you mean {near!r}?" if near else f"{name!r}")
    assert "RMSprop" in caught.value.remedy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": "fast"}, "option 'lr' of optimizer 'Adam' is 'fast'; it must be a float (default 0.001)"),
        ({"lr": True}, "it must be a float"),
        ({"betas": [0.5]}, "it must be a list of float (default [0.9, 0.999])"),
        ({"beta": 1}, "has no option 'beta'; did you mean 'betas'?"),
        ({"fused": True}, "has no option 'fused'"),
        ({"maximize": True}, "has no option 'maximize'"),
        ({"betas": [0.5, 1.5]}, "optimizer 'Adam': Invalid beta parameter at index 1: 1.5"),
    ],
)
def test_arguments_that_are_not_possible(arguments, message):
    with pytest.raises(OptionError) as caught:
        read_optimizer("Adam", arguments)
    assert message in caught.value.message


def test_arguments_that_exclude_each_other_are_torchs_to_refuse():
    with pytest.raises(OptionError, match="optimizer 'SGD': Nesterov momentum requires a momentum"):
        read_optimizer("SGD", {"nesterov": True})


def test_a_recipe_is_read_without_torchs_compiler():
    """It takes as long to import as torch itself, and only what trains needs it."""
    code = """
import sys
import gpreg
from gpreg.recipe import load, resolve
registry = gpreg.load_registry()
resolve(load("plane", registry), registry)
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

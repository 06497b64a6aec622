import copy
import math

import pytest
import torch

from gpreg.errors import CheckpointError
from gpreg.recipe import OptimizerSettings, ScheduleSettings
from gpreg.recipe.optimizers import known_optimizers
from gpreg.runs.expected import MismatchError
from gpreg.training.optimizer_state import restore_optimizer
from gpreg.training.optimizers import Schedule, build_optimizer, initial_rates, set_rates

ADAM = OptimizerSettings(name="Adam", arguments={"lr": 0.1, "betas": (0.5, 0.9)})


def parameters():
    return [
        torch.nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
        for shape in ((16, 3), (16,), ())
    ]


def moved(settings, steps=3, fused=True):
    own = parameters()
    optimizer = build_optimizer(settings, own, player="critic", fused=fused)
    initial_rates(optimizer)
    step(optimizer, own, steps)
    return own, optimizer


def step(optimizer, own, steps):
    for number in range(steps):
        for parameter in own:
            parameter.grad = torch.full_like(parameter, 0.1 + number)
        optimizer.step()


@pytest.mark.parametrize("name", known_optimizers())
def test_every_optimizer_goes_on_as_if_it_had_never_stopped(name):
    settings = OptimizerSettings(name=name, arguments={"lr": 0.01})
    own, optimizer = moved(settings)
    others = [torch.nn.Parameter(parameter.detach().clone()) for parameter in own]
    resumed = build_optimizer(settings, others, player="critic", fused=True)
    restore_optimizer(resumed, copy.deepcopy(optimizer.state_dict()), "critic_optimizer")
    assert all(map(torch.equal, own, others)), "the parameters are as they were"
    step(optimizer, own, 2)
    step(resumed, others, 2)
    assert all(map(torch.equal, own, others))


def test_a_rate_that_a_schedule_has_lowered_is_kept():
    _, optimizer = moved(ADAM)
    set_rates(optimizer, initial_rates(optimizer), 0.25)
    resumed = build_optimizer(ADAM, parameters(), player="critic", fused=True)
    restore_optimizer(resumed, optimizer.state_dict(), "critic_optimizer")
    assert (resumed.param_groups[0]["lr"], initial_rates(resumed)) == (0.025, [0.1])


def following(settings=ADAM):
    _, optimizer = moved(settings)
    Schedule(ScheduleSettings(name="linear", beta2_final=0.99), 4).follow(optimizer, 2)
    return optimizer


def test_a_second_beta_that_a_schedule_has_moved_is_kept():
    optimizer, resumed = following(), build_optimizer(ADAM, parameters(), player="critic", fused=True)
    restore_optimizer(resumed, optimizer.state_dict(), "critic_optimizer")
    (group,), (own,) = resumed.param_groups, optimizer.param_groups
    assert group["betas"] == own["betas"] == (0.5, pytest.approx(0.945))
    assert group["initial_betas"] == (0.5, 0.9)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("initial_betas", (0.5, 0.8)),
        ("initial_betas", None),
        ("betas", (0.4, 0.95)),
        ("betas", [0.5, 0.95]),
        ("betas", (0.5, 0.95, 0.9)),
        ("betas", (0.5, 1.0)),
        ("betas", (0.5, math.nan)),
        ("betas", (0.5, "0.95")),
        ("betas", None),
    ],
)
def test_betas_that_no_schedule_can_have_moved_are_refused(key, value):
    state = copy.deepcopy(following().state_dict())
    state["param_groups"][0][key] = value
    with pytest.raises(CheckpointError):
        restore_optimizer(build_optimizer(ADAM, parameters(), player="critic", fused=True), state, "critic_optimizer")


def test_an_optimizer_without_betas_takes_none():
    state = copy.deepcopy(moved(OptimizerSettings(name="SGD", arguments={"lr": 0.1}))[1].state_dict())
    state["param_groups"][0] |= {"betas": (0.5, 0.95), "initial_betas": (0.5, 0.9)}
    other = build_optimizer(
        OptimizerSettings(name="SGD", arguments={"lr": 0.1}), parameters(), player="critic", fused=True
    )
    with pytest.raises(MismatchError, match="betas of critic_optimizer"):
        restore_optimizer(other, state, "critic_optimizer")


def damaged(name, value):
    _, optimizer = moved(ADAM)
    state = copy.deepcopy(optimizer.state_dict())
    state["state"][0][name] = value(state["state"][0][name])
    return state


KINDS = {
    "of one number": ("exp_avg", lambda t: torch.zeros(1), "has the shape (16, 3), and (1,)"),
    "of the other's size": ("exp_avg_sq", lambda t: torch.zeros(3, 16), "has the shape (16, 3), and (3, 16)"),
    "of doubles": ("exp_avg", lambda t: t.double(), "is of torch.float32, and of torch.float64"),
    "of nothing": ("exp_avg", lambda t: None, "is no tensor"),
    "sparse": ("exp_avg", lambda t: t.to_sparse(), "is no tensor"),
    "NaN": ("exp_avg", lambda t: t * math.nan, "is NaN or infinite"),
    "infinite": ("exp_avg_sq", lambda t: t + math.inf, "is NaN or infinite"),
    "a negative square": ("exp_avg_sq", lambda t: t - 100, "is below 0"),
    "a negative count": ("step", lambda t: t - 100, "is below 0"),
    "a count of the wrong shape": ("step", lambda t: t.repeat(2), "has the shape (), and (2,)"),
}


@pytest.mark.parametrize(("name", "value", "told"), KINDS.values(), ids=KINDS)
def test_a_state_that_cannot_be_is_refused_before_it_is_used(name, value, told):
    optimizer = build_optimizer(ADAM, parameters(), player="critic", fused=True)
    with pytest.raises(CheckpointError) as error:
        restore_optimizer(optimizer, damaged(name, value), "critic_optimizer")
    assert f"{name} of critic_optimizer {told}" in error.value.message
    assert optimizer.state_dict()["state"] == {}


def test_one_number_that_is_strided_to_look_like_many_gets_memory_of_its_own():
    own = parameters()
    optimizer = build_optimizer(ADAM, own, player="critic", fused=True)
    state = damaged("exp_avg", lambda t: torch.full((1, 1), 2.0).expand(16, 3))
    restore_optimizer(optimizer, state, "critic_optimizer")
    kept = optimizer.state_dict()["state"][0]["exp_avg"]
    assert kept.untyped_storage().nbytes() == 16 * 3 * 4
    assert (kept == 2).all()
    step(optimizer, own, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", "0.1"),
        ("lr", math.nan),
        ("lr", -1.0),
        ("lr", 1.0),
        ("betas", (0.5, 0.8)),
        ("betas", None),
        ("params", [0]),
    ],
)
def test_arguments_are_the_recipes(key, value):
    _, optimizer = moved(ADAM)
    state = copy.deepcopy(optimizer.state_dict())
    state["param_groups"][0][key] = value
    with pytest.raises(CheckpointError):
        restore_optimizer(build_optimizer(ADAM, parameters(), player="critic", fused=True), state, "critic_optimizer")


def test_what_another_recipe_says_is_named():
    _, optimizer = moved(ADAM)
    other = build_optimizer(
        OptimizerSettings(name="Adam", arguments={"lr": 0.2, "betas": (0.5, 0.9)}),
        parameters(),
        player="critic",
        fused=True,
    )
    with pytest.raises(MismatchError, match=r"lr of critic_optimizer is 0\.2, and another in the checkpoint"):
        restore_optimizer(other, optimizer.state_dict(), "critic_optimizer")


@pytest.mark.parametrize("state", [None, {}, [], {"state": {}}, {"state": {7: {}}, "param_groups": []}])
def test_what_is_no_state_is_refused(state):
    with pytest.raises(MismatchError):
        restore_optimizer(build_optimizer(ADAM, parameters(), player="critic", fused=True), state, "critic_optimizer")

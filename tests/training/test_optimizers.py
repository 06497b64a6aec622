import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import ExitCode, UsageError
from gpreg.recipe import OptimizerSettings, ScheduleSettings
from gpreg.recipe.optimizers import known_optimizers
from gpreg.training.game import Game
from gpreg.training.optimizers import Schedule, build_optimizer, initial_rates, set_rates


def built(name, *, fused=True, parameter=None, **arguments):
    parameter = torch.nn.Parameter(torch.ones(3)) if parameter is None else parameter
    settings = OptimizerSettings(name=name, arguments={"lr": 0.1, **arguments})
    return build_optimizer(settings, [parameter], player="critic", fused=fused)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", known_optimizers())
def test_every_optimiser_by_its_name(name, fused):
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = built(name, fused=fused, parameter=parameter)
    assert type(optimizer) is known_optimizers()[name]
    parameter.square().sum().backward()
    optimizer.step()
    assert not torch.equal(parameter, torch.ones(3))


@pytest.mark.parametrize(("name", "has"), [("Adam", True), ("AdamW", True), ("SGD", True), ("RMSprop", False)])
def test_the_fused_implementation_where_there_is_one(name, has):
    assert bool(built(name).defaults.get("fused")) is has
    assert not built(name, fused=False).defaults.get("fused")


def test_a_device_without_a_fused_implementation_has_the_plain_one(monkeypatch):
    class Picky(torch.optim.Adam):
        def __init__(self, parameters, fused=None, **arguments):
            if fused:
                raise RuntimeError("`fused=True` requires all the params to be on supported devices")
            super().__init__(parameters, **arguments)

    monkeypatch.setitem(known_optimizers(), "Picky", Picky)
    assert not built("Picky").defaults["fused"]


@pytest.mark.parametrize("name", ["Adam", "RMSprop"])
def test_arguments_are_torch_own(name):
    group = built(name, weight_decay=0.25).param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.1, 0.25)
    assert built("Adam", betas=[0.5, 0.9]).param_groups[0]["betas"] == (0.5, 0.9)


@pytest.mark.parametrize("arguments", [{"betas": [0.5, 1.5]}, {"momentum": 0.9}, {"lr": -1.0}])
def test_what_torch_refuses_names_the_player(arguments):
    with pytest.raises(UsageError, match="critic_optimizer Adam does not accept its arguments") as error:
        built("Adam", **arguments)
    assert error.value.exit_code == ExitCode.USAGE
    assert "torch.optim.Adam" in error.value.remedy


def test_what_our_own_refuses_says_where_it_is():
    with pytest.raises(UsageError, match="decay is 2") as error:
        built("RMSpropTF", decay=2.0)
    assert error.value.remedy == "the arguments are those of gpreg.training.rmsprop.RMSpropTF"


def test_each_player_has_its_own(build):
    choices = {
        "critic_optimizer": {"name": "RMSprop", "lr": 4e-3, "alpha": 0.5},
        "generator_optimizer": {"name": "AdamW", "lr": 1e-3, "weight_decay": 0.125},
    }
    experiment = build("plane", choices)
    critic, generator = (experiment.players[name].optimizer for name in ("critic", "generator"))
    assert (type(critic), type(generator)) == (torch.optim.RMSprop, torch.optim.AdamW)
    assert (critic.param_groups[0]["lr"], critic.param_groups[0]["alpha"]) == (4e-3, 0.5)
    assert (generator.param_groups[0]["lr"], generator.param_groups[0]["weight_decay"]) == (1e-3, 0.125)


STEPS = st.integers(1, 10_000)


@given(step=STEPS, final=st.floats(0, 1), rho_final=st.floats(0, 4))
def test_constant_is_constant(step, final, rho_final):
    settings = ScheduleSettings(name="constant", final=final, rho_final=rho_final)
    assert Schedule(settings, 100)(step) == (1.0, 1.0)


@given(steps=STEPS, step=STEPS, final=st.floats(0, 1), name=st.sampled_from(["linear", "cosine"]))
def test_the_way_from_first_to_final_value(steps, step, final, name):
    t = min(step / steps, 1)
    expected = {
        "linear": 1 + (final - 1) * t,
        "cosine": final + (1 - final) * (1 + math.cos(math.pi * t)) / 2,
    }[name]
    assert Schedule(ScheduleSettings(name=name, final=final), steps)(step)[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_horizon_is_where_the_way_ends(name):
    schedule = Schedule(ScheduleSettings(name=name, final=0.25, rho_final=0.1, horizon=10), 1000)
    assert schedule(0) == (1.0, 1.0)
    for step in (10, 11, 999):
        assert schedule(step) == pytest.approx((0.25, 0.1))


def test_rates_are_scaled_from_the_first_ones():
    optimizer = built("Adam")
    rates = initial_rates(optimizer)
    for factor in (0.5, 0.25, 1.0):
        set_rates(optimizer, rates, factor)
        assert optimizer.param_groups[0]["lr"] == 0.1 * factor
        assert initial_rates(optimizer) == [0.1]


@given(step=STEPS, warmup=STEPS, name=st.sampled_from(["constant", "linear", "cosine"]))
def test_a_warmup_multiplies_the_rate_alone(step, warmup, name):
    settings = {"name": name, "final": 0.25, "rho_final": 0.1, "horizon": 5_000}
    rate, rho = Schedule(ScheduleSettings(**settings), 1)(step)
    warm = Schedule(ScheduleSettings(**settings, warmup=warmup), 1)
    assert warm(step) == (pytest.approx(rate * min(step / warmup, 1)), rho)
    assert warm(0) == (0.0, 1.0)


def betas(schedule, optimizer, steps):
    for step in steps:
        schedule.follow(optimizer, step)
        yield optimizer.param_groups[0]["betas"]


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["Adam", "NAdam"])
def test_the_second_beta_goes_the_way_of_the_rate(name, fused):
    settings = ScheduleSettings(name="cosine", beta2_final=0.99, horizon=8)
    optimizer = built(name, fused=fused, betas=(0.0, 0.9))
    firsts, seconds = zip(*betas(Schedule(settings, 100), optimizer, (0, 2, 4, 8, 50, 0)), strict=True)
    assert set(firsts) == {0.0}
    quarter = (1 - math.sqrt(0.5)) / 2
    assert seconds == pytest.approx((0.9, 0.9 + 0.09 * quarter, 0.945, 0.99, 0.99, 0.9))


@pytest.mark.parametrize(
    "settings", [ScheduleSettings(name="constant", beta2_final=0.5, warmup=3), ScheduleSettings(name="linear")]
)
def test_a_second_beta_that_goes_nowhere_is_left_alone(settings):
    optimizer = built("Adam", betas=(0.5, 0.9))
    assert set(betas(Schedule(settings, 10), optimizer, range(12))) == {(0.5, 0.9)}
    assert "initial_betas" not in optimizer.param_groups[0]


def test_adam_with_a_moving_second_beta_is_its_formula():
    """The bias correction is by the present beta for all steps that were, as torch has it."""
    parameter = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer = built("Adam", parameter=parameter, betas=(0.0, 0.9))
    schedule = Schedule(ScheduleSettings(name="linear", final=1.0, beta2_final=0.99), 4)
    expected, square = torch.ones(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for step in range(6):
        schedule.follow(optimizer, step)
        parameter.grad = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64) * (1 + step)
        optimizer.step()
        beta = 0.9 + 0.09 * min(step / 4, 1)
        square = beta * square + (1 - beta) * parameter.grad.square()
        expected -= 0.1 * parameter.grad / ((square / (1 - beta ** (step + 1))).sqrt() + 1e-8)
    torch.testing.assert_close(parameter.detach(), expected)


def test_all_players_of_a_run_warm_up_and_move_their_second_betas(build):
    choices = {
        "schedule": {"name": "linear", "final": 1.0, "beta2_final": 0.5, "warmup": 2},
        "training.steps": 4,
        "optimizer": {"name": "Adam", "lr": 1e-3, "betas": [0.0, 0.9]},
        "measure": {"name": "latent-path", "width": 4},
    }
    experiment = build("plane", choices)
    game = Game(experiment)
    for step in range(4):
        game.play(step)
        for player in experiment.players.values():
            (group,) = player.optimizer.param_groups
            assert group["lr"] == pytest.approx(1e-3 * min(step / 2, 1))
            assert group["betas"] == pytest.approx((0.0, 0.9 - 0.1 * step))


def test_the_rates_of_a_run_follow_the_schedule(build):
    choices = {
        "schedule": {"name": "linear", "final": 0.5},
        "training.steps": 4,
        "critic_optimizer.lr": 4e-3,
        "generator_optimizer.lr": 1e-3,
        "measure": {"name": "latent-path", "width": 4},
    }
    experiment = build("plane", choices)
    game, rates = Game(experiment), []
    optimizers = [experiment.players[name].optimizer for name in ("critic", "generator", "measure")]
    for step in range(4):
        game.play(step)
        rates.append([optimizer.param_groups[0]["lr"] for optimizer in optimizers])
    ways = [1, 0.875, 0.75, 0.625]
    assert rates == [pytest.approx([4e-3 * way, 1e-3 * way, 4e-3 * way]) for way in ways]

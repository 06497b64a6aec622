import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from gpreg.errors import DivergenceError, ExitCode
from gpreg.training.game import Game
from gpreg.training.players import Player
from gpreg.training.precision import Precision
from gpreg.training.statistics import Statistics

NAN, INFINITE = math.nan, math.inf


@pytest.fixture
def players():
    return {
        "critic": player("critic", nn.Linear(2, 1), "critic_loss", "penalty"),
        "generator": player("generator", nn.Linear(3, 2), "generator_loss"),
    }


def player(name, network, *losses, **settings):
    optimizer, precision = torch.optim.SGD(network.parameters(), 0.1), Precision("fp32", "cpu")
    return Player(name=name, network=network, optimizer=optimizer, precision=precision, losses=losses, **settings)


def iteration(critic_loss=1.0, penalty=2.0, generator_loss=3.0, critic=(3.0, 4.0), generator=(5.0, 12.0)):
    numbers = [torch.tensor(float(value)) for value in (critic_loss, penalty, generator_loss)]
    norms = [[torch.tensor(float(value)) for value in values] for values in (critic, generator)]
    values = dict(zip(("critic_loss", "penalty", "generator_loss"), numbers, strict=True))
    return SimpleNamespace(values=values, norms=dict(zip(("critic", "generator"), norms, strict=True)))


def statistics(players, tick=4, **settings):
    return Statistics(players, tick=tick, device=torch.device("cpu"), **settings)


def test_means_over_the_steps_since_the_last_reading(players):
    own = statistics(players)
    own.record(iteration(critic_loss=1))
    own.record(iteration(critic_loss=4, penalty=0, critic=(6, 8)))
    assert own.read(2) == {
        "critic_loss": 2.5,
        "penalty": 1.0,
        "generator_loss": 3.0,
        "critic_gradient": 7.5,  # the mean of |(3, 4)| and |(6, 8)|
        "generator_gradient": 13.0,
    }
    own.record(iteration(critic_loss=-7))
    assert own.read(3)["critic_loss"] == -7


def test_a_tick_has_room_for_all_its_steps(players):
    own = statistics(players, tick=3)
    for tick in (1, 2):
        for step in range(3):
            own.record(iteration(critic_loss=step))
        assert own.read(3 * tick)["critic_loss"] == 1


@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE])
@pytest.mark.parametrize(
    ("broken", "tensor"),
    [
        ({"critic_loss": None}, "critic loss"),
        ({"penalty": None}, "penalty"),
        ({"generator_loss": None}, "generator loss"),
        ({"critic": (1, None)}, "gradient of critic bias"),
        ({"generator": (None, 1)}, "gradient of generator weight"),
        ({"generator": (None, None), "critic": (None, None)}, "gradient of critic weight"),
        ({"generator_loss": None, "penalty": None}, "penalty"),
    ],
)
def test_the_first_tensor_and_step_that_are_not_finite_are_named(players, broken, tensor, value):
    def put(item):
        return tuple(map(put, item)) if isinstance(item, tuple) else value if item is None else item

    own = statistics(players, tick=5)
    for row in range(4):
        own.record(iteration(**{name: put(item) for name, item in broken.items()} if row >= 2 else {}))
    with pytest.raises(DivergenceError) as error:
        own.read(14)  # its rows are of the steps 11, 12, 13 and 14
    assert (error.value.tensor, error.value.step) == (tensor, 13)
    what = "NaN" if math.isnan(value) else "infinite"
    assert f"{tensor} became {what} in generator step 13" in error.value.message
    assert error.value.exit_code == ExitCode.FAILED
    assert "last good checkpoint is kept" in error.value.remedy


@pytest.mark.parametrize("value", [NAN, INFINITE])
@pytest.mark.parametrize("player", ["critic", "generator"])
def test_weights_and_buffers_are_looked_at(players, player, value):
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    players[player] = replace(players[player], network=network)
    for name in ("0.weight", "1.running_var"):
        own = statistics(players)
        own.record(iteration(**{player: (1, 1, 1, 1)}))
        assert own.read(1)
        tensor = network.state_dict()[name]
        kept = tensor.clone()
        tensor.view(-1)[1] = value
        own.record(iteration(**{player: (1, 1, 1, 1)}))
        with pytest.raises(
            DivergenceError, match=rf"weight {name} of {player} became \w+ in or before generator step 8"
        ):
            own.read(8)
        tensor.copy_(kept)


def test_gradients_are_the_scalers_business_in_half_precision(players):
    own = statistics(players, gradients=False)
    own.record(iteration(critic=(INFINITE, 1), generator=(NAN, 1)))
    own.read(1)
    for name in ("critic_loss", "penalty", "generator_loss"):
        own.record(iteration(**{name: NAN}))
        with pytest.raises(DivergenceError, match=name.replace("_", " ")):
            own.read(2)


def test_an_infinite_gradient_of_half_precision_is_kept_with_a_run_that_is_stopped(players):
    own, resumed = statistics(players, gradients=False), statistics(players, gradients=False)
    own.record(iteration(critic=(INFINITE, 1)))
    resumed.restore(own.checked(1))
    assert resumed.read(1)["critic_gradient"] == INFINITE


def test_rows_from_before_a_measure_had_columns(players):
    """Its numbers of that tick are not known; those of the others are."""
    older, newer = statistics(players), {**players, "measure": player("measure", nn.Linear(1, 1), "measure_loss")}
    newer["measure"] = replace(newer["measure"], watched=False)
    older.record(iteration(critic_loss=1))
    own = statistics(newer)
    own.restore(older.checked(1))
    for step in (2, 3):
        row = iteration(critic_loss=3)
        row.values["measure_loss"] = torch.tensor(5.0)
        row.norms["measure"] = [torch.tensor(3.0), torch.tensor(4.0)]
        own.record(row)
        found = own.read(step)
        assert found["critic_loss"] == (2 if step == 2 else 3)
        known = (5.0, 5.0)  # the loss, and |(3, 4)|
        told = found["measure_loss"], found["measure_gradient"]
        assert told == known if step == 3 else all(map(math.isnan, told))


def break_loss(experiment):
    loss = type(experiment.loss).critic_loss
    experiment.loss.critic_loss = lambda real, fake: loss(experiment.loss, real, fake) * NAN
    return "critic loss"


def break_generator_loss(experiment):
    experiment.loss.generator_loss = lambda fake, real=None: fake / 0
    return "generator loss"


def break_penalty(experiment):
    experiment.penalty.rho = INFINITE
    return "penalty"


def break_critic_gradient(experiment):
    name, parameter = list(experiment.critic.named_parameters())[2]
    parameter.register_hook(lambda gradient: gradient * NAN)
    return f"gradient of critic {name}"


def break_generator_gradient(experiment):
    name, parameter = list(experiment.generator.named_parameters())[-1]
    parameter.register_hook(lambda gradient: gradient / 0)
    return f"gradient of generator {name}"


@pytest.mark.parametrize(
    "damage", [break_loss, break_generator_loss, break_penalty, break_critic_gradient, break_generator_gradient]
)
def test_what_breaks_in_a_game_is_found_in_its_step(build, damage):
    experiment = build("plane", {"schedule.name": "constant"})
    game = Game(experiment)
    own = statistics(experiment.players, tick=8)
    for step in range(3):
        own.record(game.play(step))
    tensor = damage(experiment)
    for step in range(3, 8):
        own.record(game.play(step))
    with pytest.raises(DivergenceError) as error:
        own.read(8)
    assert (error.value.tensor, error.value.step) == (tensor, 4)

"""Runs with augmentations: they train, go on to the same bits, and move an adaptive p."""

import pytest
import torch

import gpreg
from gpreg.runs.checkpoint import read, write
from gpreg.training.game import Game
from gpreg.training.restoration import restore
from gpreg.training.setup import set_up
from gpreg.training.state import capture

SMALL = {
    "batch_size": 8,
    "metrics": [],
    "architecture.width": 4,
    "dataset.size": 8,
    "loss": "non-saturating",
    "measure": "pd",
    "schedule.name": "constant",
    "set": {"report.score_samples": 8, "report.tick": 2},
}
ADAPTIVE = {"name": "ada", "kimg": 0.05, "target": 0.0}


def experiment(*augmentations, **choices):
    return gpreg.experiment("digits-dcgan", **SMALL | choices, augmentations=list(augmentations))


def played(steps, *augmentations, **choices):
    """A set-up after some iterations."""
    setup = set_up(experiment(*augmentations, steps=steps, **choices).plan)
    game = Game(setup)
    for step in range(steps):
        game.play(step)
    return setup


def test_a_run_with_an_adaptive_p_goes_on_to_the_same_bits(tmp_path):
    (folder := tmp_path / "step-000000003").mkdir()
    whole = set_up(experiment(ADAPTIVE, "flip-shift", steps=10).plan)
    later = set_up(whole.plan)
    game = Game(whole)
    for step in range(10):
        if step == 3:
            write(capture(whole, step, None), folder)
        game.play(step)
    restore(later, read(folder))
    game = Game(later)
    for step in range(3, 10):
        game.play(step)
    one, other = (capture(setup, 10, None) for setup in (whole, later))
    torch.testing.assert_close(one.weights, other.weights, rtol=0, atol=0)
    (mine,), (again,) = one.state["ranks"], other.state["ranks"]
    torch.testing.assert_close(mine["added"], again["added"], rtol=0, atol=0)
    assert torch.equal(mine["draws"], again["draws"])
    assert mine["added"]["critic"]["ada"]["probability.images"] > 0


@pytest.mark.parametrize("choices", [{}, {"training.accumulate": 2}, {"critic_steps": 2}], ids=str)
def test_an_adaptive_p_moves_by_the_images_of_whole_iterations(choices):
    ada = played(5, ADAPTIVE, **choices).players["critic"].augmentations["ada"]
    images = 4 * 8 * choices.get("critic_steps", 1)
    assert ada.probability.images == images // 4  # of the iteration since the move
    assert float(ada.probability.p) in (0.0, pytest.approx(min(images / 50, 1)))


def test_a_critic_that_is_sure_of_real_images_raises_p():
    setup = set_up(experiment(ADAPTIVE, steps=9).plan)
    bias = [parameter for parameter in setup.critic.parameters() if parameter.ndim == 1][-1]
    with torch.no_grad():
        bias += 100  # it calls everything real
    game, ada = Game(setup), setup.players["critic"].augmentations["ada"]
    shown = [float(game.play(step).values["critic_ada_p"]) for step in range(9)]
    assert shown == pytest.approx([0.0] * 4 + [32 / 50] * 4 + [1.0])
    assert float(ada.probability.p) == 1


def test_a_scheduled_p_ends_where_it_is_told():
    choices = {"schedule.name": "linear", "schedule.horizon": 2}
    ada = played(4, {"name": "ada", "p": 0.1, "final": 0.5}, **choices).players["critic"].augmentations["ada"]
    assert float(ada.probability.p) == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["ada", "diffaugment", "flip-shift", "noise"])
def test_under_autocast_both_players_learn_through_it(name):
    options = {"p": 0.9} if name == "ada" else {}
    setup = set_up(experiment({"name": name} | options, steps=2, precision="bf16").plan)
    before = [parameter.clone() for network in (setup.critic, setup.generator) for parameter in network.parameters()]
    game = Game(setup)
    found = [game.play(step) for step in range(2)]
    after = [parameter for network in (setup.critic, setup.generator) for parameter in network.parameters()]
    assert all(value.isfinite() for value in found[-1].values.values())
    assert found[-1].values["penalty"] > 0
    assert all(not torch.equal(one, other) for one, other in zip(before, after, strict=True) if one.ndim > 1)

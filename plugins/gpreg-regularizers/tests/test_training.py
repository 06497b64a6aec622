"""All regularizers in a run: resumed bit for bit, with accumulated gradients, compiled, and from the command line."""

import pytest
import torch

from gpreg import load_registry
from gpreg.penalties import CompiledObjective
from gpreg.runs.checkpoints import Checkpoints
from gpreg.training.game import Game
from gpreg.training.restoration import restore
from gpreg.training.state import capture

NAMES = [spec.name for spec in load_registry().list("regularizer") if spec.package == "gpreg-regularizers"]
ALL = {
    "regularizers": ",".join(NAMES),
    "regularizers.augmentation": "noise",
    "regularizers.augmentation_options.sigma": 0.05,
    "training.batch_size": 8,
}


def play(setup, steps):
    game = Game(setup)
    return [game.play(step) for step in steps]


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_resumed_run_is_the_same_bit_for_bit(build, same_weights, tmp_path, accumulate):
    choices = {**ALL, "training.accumulate": accumulate, "training.critic_steps": 2}
    one, other = build("plane", choices), build("plane", {**choices, "training.seed": 5})
    play(one, range(3))
    Checkpoints(tmp_path).save(capture(one, 3, None))
    restore(other, Checkpoints(tmp_path).load())
    values = [[iteration.values for iteration in play(setup, range(3, 6))] for setup in (one, other)]
    assert values[0] == values[1]
    for name in ("critic", "generator"):
        same_weights(one.players[name].network, other.players[name].network)
        for mine, theirs in zip(one.players[name].modules.values(), other.players[name].modules.values(), strict=True):
            same_weights(mine, theirs)


def test_each_has_its_column(build):
    found = [name for iteration in play(build("plane", ALL), range(1)) for name in iteration.values]
    of_both = ("latent-consistency", "improved-consistency")
    of_generator = ("path-length", "orthogonal", "mode-seeking", "feature-matching")
    columns = [f"critic_{name}" for name in NAMES if name not in of_generator]
    columns += [f"generator_{name}" for name in NAMES if name in (*of_both, *of_generator)]
    assert [name for name in found if name.partition("_")[2] in NAMES] == columns


def test_a_batch_in_parts_moves_the_averages_as_the_whole(build):
    averages = []
    for accumulate in (1, 4):
        setup = build("plane", {"regularizers": "lecam", "training.accumulate": accumulate})
        play(setup, range(1))
        averages.append(setup.players["critic"].terms["lecam"].averages.now)
    torch.testing.assert_close(*averages)


def test_terms_are_added_to_a_compiled_objective(build):
    """Outside the graph, whose outputs they differentiate."""
    critic = "drift,lecam,consistency,balanced-consistency,latent-consistency,improved-consistency"
    gradients = []
    for wrap in (lambda objective: CompiledObjective(objective, backend="eager"), lambda objective: objective):
        setup = build("plane", {**ALL, "regularizers": critic})
        object.__setattr__(setup, "objective", wrap(setup.objective))
        (iteration,) = play(setup, range(1))
        gradients.append([*iteration.norms["critic"], *iteration.values.values()])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("name", ["lecam", "feature-matching"])
def test_labels(build, name):
    (iteration,) = play(build("digits-resnet-stable", {"regularizers": name, "training.batch_size": 4}), range(1))
    assert all(value.isfinite() for value in iteration.values.values())

"""Several runs at once against each alone, step by step."""

import pytest
import torch

from gpreg.training.game import Game
from gpreg.training.joint.game import JointGame
from gpreg.training.statistics import Statistics

STEPS = 4
BASE = {"loss": {"name": "non-saturating"}, "training.batch_size": 8, "architecture": {"width": 8, "hidden_layers": 2}}
MEASURES = ("mid", "pd", "wgan-gp", "pg", "pd+pg", "js", "wgan")


def runs(*names):
    return [
        {"measure": {"name": name}, "training.seed": seed, "penalty.rho": 1.0 + seed} for seed, name in enumerate(names)
    ]


CASES = {
    "measures": (runs(*MEASURES), {}),
    "critic steps, lazy": (runs("mid", "pd+pg"), {"training.critic_steps": 2, "penalty.every": 3}),
    "simultaneous": (runs("mid", "mid"), {"training.update": "simultaneous"}),
    "together": (runs("mid", "pd"), {"training.critic_steps": 2, "training.critic_fakes": "together"}),
    # Only differences of outputs count for this loss, so that some gradients are roundoff, which Adam would blow up.
    "relativistic, noise": (
        runs("pd", "gp"),
        {"loss": {"name": "relativistic"}, "training.noise": 0.1, "optimizer": {"name": "SGD"}},
    ),
    "own reals": (
        runs("pd", "gp"),
        {"loss": {"name": "relativistic"}, "training.generator_reals": "own", "optimizer": {"name": "SGD"}},
    ),
    "wasserstein, SGD": (runs("mid", "wgan"), {"loss": {"name": "wasserstein"}, "optimizer": {"name": "SGD"}}),
    "RMSpropTF, cosine": (
        runs("mid", "pd"),
        {"optimizer": {"name": "RMSpropTF"}, "schedule.name": "cosine", "schedule.rho_final": 0.5},
    ),
    "second beta, warm-up": (
        runs("mid", "pd"),
        {"schedule": {"name": "linear", "beta2_final": 0.5, "warmup": 3}, "training.steps": 6},
    ),
    "data": ([{"dataset": {"name": name}} for name in ("8gaussians", "swissroll")], {"optimizer": {"name": "AdamW"}}),
}


def tensors(setup):
    networks = {"critic": setup.critic, "generator": setup.generator, "average": setup.average.generator}
    return {f"{of} {key}": p.detach() for of, network in networks.items() for key, p in network.named_parameters()}


@pytest.mark.parametrize("case", CASES)
def test_weights_statistics_and_random_numbers_are_those_of_each_run_alone(build, case):
    varied, common = CASES[case]
    setups, alone = ([build("plane", {**BASE, **common, **each}) for each in varied] for _ in range(2))
    games, joint = [Game(setup) for setup in alone], JointGame(setups)
    for step in range(STEPS):
        together = joint.play(step)
        for index, (game, setup) in enumerate(zip(games, alone, strict=True)):
            own = Statistics(setup.players, tick=1, device=setup.device)
            own.record(game.play(step))
            torch.testing.assert_close(together.rows[:, index], own.checked(step)[0], rtol=1e-4, atol=1e-6)
    joint.publish()
    for ours, theirs in zip(setups, alone, strict=True):
        torch.testing.assert_close(tensors(ours), tensors(theirs), rtol=1e-5, atol=1e-6)
        for name, player in ours.players.items():
            own, other = player.optimizer.state_dict(), theirs.players[name].optimizer.state_dict()
            assert own["param_groups"] == other["param_groups"]
            torch.testing.assert_close(own["state"], other["state"], rtol=1e-4, atol=1e-6)
        for rng in ("latents", "draws", "noise"):
            assert torch.equal(getattr(ours, rng).get_state(), getattr(theirs, rng).get_state())
        assert (ours.penalty.steps, ours.penalty.factor) == (theirs.penalty.steps, theirs.penalty.factor)


def test_a_member_that_diverges_leaves_the_others_as_they_are(build):
    setups, alone = ([build("plane", {**BASE, "training.seed": seed}) for seed in (0, 1)] for _ in range(2))
    with torch.no_grad():
        next(setups[1].critic.parameters()).fill_(torch.nan)
    joint, game = JointGame(setups), Game(alone[0])
    for step in range(STEPS):
        rows = joint.play(step).rows
        game.play(step)
    assert rows[:, 1].isnan().any()
    torch.testing.assert_close(tensors(setups[0]), tensors(alone[0]), rtol=1e-5, atol=1e-6)

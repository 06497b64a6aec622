"""The gradient that skrl's own update computes, against that of the same update with gpreg's penalty."""

import inspect
import re
from textwrap import dedent

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import UsageError


def make():
    return gpreg.penalty("pd", rho="skrl=5", outputs=lambda out: out[0])


@pytest.fixture(scope="module")
def skrl_amp():
    from loops import skrl_amp

    return skrl_amp


@pytest.fixture
def updated(skrl_amp, tmp_path):
    """Makes an agent, records one rollout, and lets it learn from it; returns its discriminator and what it tracked."""
    from gymnasium.spaces import Box
    from skrl.memories.torch import RandomMemory
    from skrl.models.torch import DeterministicMixin, GaussianMixin, Model

    observations, actions, motions = (Box(-1, 1, (size,)) for size in (3, 2, 4))

    class Policy(GaussianMixin, Model):
        def __init__(self):
            Model.__init__(self, observation_space=observations, action_space=actions)
            GaussianMixin.__init__(self)
            self.net, self.log_std = nn.Linear(3, 2), nn.Parameter(torch.zeros(2))

        def compute(self, inputs, role=""):
            return self.net(inputs["observations"]), {"log_std": self.log_std}

    class Value(DeterministicMixin, Model):
        def __init__(self):
            Model.__init__(self, observation_space=observations, action_space=actions)
            DeterministicMixin.__init__(self)
            self.net = nn.Linear(3, 1)

        def compute(self, inputs, role=""):
            return self.net(inputs["observations"]), {}

    def run(kind, *penalty, **choices):
        torch.manual_seed(0)
        settings = {"rollouts": 8, "learning_epochs": 1, "mini_batches": 1, "amp_batch_size": 16, **choices}
        settings["experiment"] = {"directory": str(tmp_path), "write_interval": 0, "checkpoint_interval": 0}
        agent = kind(
            *penalty,
            models={"policy": Policy(), "value": Value(), "discriminator": skrl_amp.Discriminator(motions)},
            memory=RandomMemory(memory_size=8, num_envs=2),
            observation_space=observations,
            action_space=actions,
            amp_observation_space=motions,
            cfg=settings,
            motion_dataset=RandomMemory(memory_size=32),
            reply_buffer=RandomMemory(memory_size=32),
            collect_reference_motions=lambda n: torch.randn(n, 4),
        )
        agent.init()
        agent.enable_training_mode(True)
        for step in range(8):
            seen = {"observations": torch.randn(2, 3), "states": None, "actions": torch.randn(2, 2)}
            with torch.no_grad():
                agent.act(seen["observations"], None, timestep=step, timesteps=8)
            agent.record_transition(
                **seen,
                rewards=torch.randn(2, 1),
                next_observations=torch.randn(2, 3),
                next_states=None,
                terminated=torch.zeros(2, 1, dtype=torch.bool),
                truncated=torch.zeros(2, 1, dtype=torch.bool),
                infos={"amp_obs": torch.randn(2, 4)},
                timestep=step,
                timesteps=8,
            )
        agent.update(timestep=7, timesteps=8)
        return agent

    return run


def gradient(agent):
    return torch.cat([parameter.grad.flatten() for parameter in agent.discriminator.parameters()])


def told(agent):
    (loss,) = agent.tracking_data["Loss / Discriminator loss"]
    return loss


def test_value_and_gradient_are_those_of_its_own_update(skrl_amp, updated):
    own = updated(skrl_amp.AMP, grad_norm_clip=0.0)
    none = updated(skrl_amp.AMP, grad_norm_clip=0.0, discriminator_gradient_penalty_scale=0.0)
    ours = updated(skrl_amp.PenalisedAMP, make(), grad_norm_clip=0.0)
    assert (gradient(own) - gradient(none)).abs().max() > 0.1
    torch.testing.assert_close(gradient(ours), gradient(own), rtol=1e-6, atol=1e-6)

    assert told(ours) == pytest.approx(told(none), abs=1e-6)
    torch.manual_seed(0)
    fresh = updated(skrl_amp.PenalisedAMP, make(), grad_norm_clip=0.0, learning_rate=0.0)
    assert 5.0 * fresh.gradient_penalty().item() == pytest.approx(told(own) - told(none), abs=1e-6)


def test_one_line_in_a_copy_of_its_update_is_the_same(skrl_amp, updated):
    text, count = re.subn(
        r"if self.cfg.discriminator_gradient_penalty_scale:.*?(?=# discriminator weight decay)",
        """discriminator_loss += self.penalty(
                        self.discriminator, {"observations": sampled_amp_motion_observations}
                    )
                    """,
        dedent(inspect.getsource(skrl_amp.AMP.update)),
        flags=re.DOTALL,
    )
    assert count == 1
    names = dict(vars(inspect.getmodule(skrl_amp.AMP)))
    exec(text, names)
    copy = type("Copy", (skrl_amp.AMP,), {"update": names["update"], "penalty": make()})
    ours, own = updated(copy), updated(skrl_amp.AMP)
    torch.testing.assert_close(gradient(ours), gradient(own), rtol=1e-6, atol=1e-6)
    assert told(ours) == pytest.approx(told(own), rel=1e-6)


def test_it_is_clipped_and_learned_from_like_its_own(skrl_amp, updated):
    settings = {"learning_epochs": 2, "mini_batches": 2, "learning_rate": 1e-3}
    own, ours = updated(skrl_amp.AMP, **settings), updated(skrl_amp.PenalisedAMP, make(), **settings)
    for one, other in zip(ours.discriminator.parameters(), own.discriminator.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_without_outputs_the_remedy_is_that_argument(skrl_amp, updated):
    with pytest.raises(UsageError, match="a tuple of a tensor") as caught:
        updated(skrl_amp.PenalisedAMP, gpreg.penalty("pd", rho="skrl=5"))
    assert "outputs=lambda out: out[0]" in caught.value.remedy

import torch
from torch import nn

import gpreg


def test_zero_measure_costs_nothing_and_clips_everything():
    penalty = gpreg.penalty("wgan", measure_options={"clip": 0.05})
    critic = nn.Sequential(nn.Linear(2, 16), nn.LayerNorm(16), nn.Linear(16, 1))
    value = penalty(critic, torch.zeros(3, 2), torch.zeros(3, 2))
    assert value == 0
    assert not value.requires_grad
    penalty.measure.project(critic)
    parameters = list(critic.parameters())
    assert max(p.abs().max() for p in parameters) == 0.05
    assert torch.equal(critic[1].weight, torch.full((16,), 0.05)), "scales of normalisation layers are clipped too"


def test_other_measures_leave_the_critic_alone():
    critic = nn.Linear(2, 1)
    before = critic.weight.clone()
    gpreg.penalty("pd").measure.project(critic)
    assert torch.equal(critic.weight, before)

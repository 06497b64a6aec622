import pytest
import torch
from torch import nn

from gpreg.theory.networks.smoothness import smooth_activations


class Root(nn.Module):
    def forward(self, x):
        return x.sum(1).add(1).sqrt()


class Functional(nn.Module):
    def forward(self, x):
        return torch.relu(x).sum(1)


@pytest.mark.parametrize(
    ("critic", "expected", "because"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1)), True, "every operation"),
        (nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4), nn.Softplus(), nn.Linear(4, 1)), True, "every operation"),
        (
            nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 3), nn.SiLU(), nn.Flatten(), nn.Linear(4, 1)),
            True,
            "",
        ),
        (nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1)), False, "Relu has a kink"),
        (nn.Sequential(nn.Linear(4, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1)), False, "LeakyRelu has a kink"),
        (nn.Sequential(nn.Linear(4, 4), nn.ELU(), nn.Linear(4, 1)), False, "second derivative that jumps"),
        (Functional(), False, "Relu has a kink"),
        (Root(), None, "Sqrt"),
    ],
)
def test_smooth_activations(critic, expected, because):
    found = smooth_activations(critic, torch.ones(3, 4))
    assert found.smooth is expected
    assert because in found.because

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gpreg_theory.checks.evidence.operations import described, kinks, operations, unknown


class Hidden(nn.Module):
    """Its kink is no module."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)

    def forward(self, x, labels=None):
        return F.leaky_relu(self.layer(x)).sum(1)


def test_operations_are_named_with_their_modules():
    assert operations(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), torch.ones(1, 2)) == {
        "t": "0",
        "addmm": "0",
        "tanh": "1",
    }


def test_a_function_counts_like_a_module():
    assert described(kinks(Hidden(), torch.ones(1, 2), None)) == "leaky_relu in the network itself"
    assert not unknown(Hidden(), torch.ones(1, 2))


@pytest.mark.parametrize("activation", [nn.Softplus(), nn.Tanh(), nn.GELU(), nn.SiLU(), nn.Sigmoid()])
def test_smooth_activations_have_no_kinks(activation):
    assert not kinks(nn.Sequential(nn.Linear(2, 3), activation), torch.ones(1, 2))


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(), nn.PReLU(), nn.ELU(), nn.Hardtanh(), nn.ReLU6()])
def test_kinked_activations_are_continuous(activation):
    network = nn.Sequential(nn.Linear(2, 3), activation)
    assert list(kinks(network, torch.ones(1, 2)).values()) == ["1"]
    assert not unknown(network, torch.ones(1, 2))


def test_no_hook_is_left():
    network = Hidden()
    operations(network, torch.ones(1, 2))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())

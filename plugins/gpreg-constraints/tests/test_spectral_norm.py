import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations

import gpreg
from gpreg import load_registry
from gpreg.critics.examination import Examination


def constraint(**options):
    return load_registry().build("constraint", "spectral-norm", options)


def attached(network, *, settle=0, **options):
    own = constraint(**options)
    own.attach(network)
    with torch.no_grad():
        for _ in range(settle):
            own(network)
    return network


def linear(*shape, seed=0):
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        return nn.Linear(*shape).double()


def perceptron():
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1)).double()


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 6), columns=st.integers(1, 6), seed=st.integers(0, 99), times=st.integers(1, 30))
def test_the_estimate_comes_from_below_and_only_gets_better(rows, columns, seed, times):
    layer = attached(linear(columns, rows, seed=seed))
    first = torch.linalg.matrix_norm(layer.weight, 2).item()
    with torch.no_grad():
        constraint(iterations=times)(nn.ModuleList([layer]))
    later = torch.linalg.matrix_norm(layer.weight, 2).item()
    assert 1 - 1e-12 <= later <= first + 1e-12


def test_a_linear_critic_has_slope_1_and_a_penalty_without_gradient():
    critic = attached(linear(3, 1), settle=2)
    x = torch.randn(5, 3, dtype=torch.float64)
    penalty = gpreg.penalty("pd", rho=2.0)(critic, x)
    torch.testing.assert_close(penalty, torch.ones_like(penalty))
    penalty.backward()
    assert critic.parametrizations.weight.original.grad.abs().max() < 1e-12


def test_the_gradient_is_that_of_the_quotient():
    """``d <A, W / sigma(W)> = (A - <A, W> / sigma u v^T) / sigma`` with the singular vectors u and v of W."""
    layer = attached(linear(4, 5), settle=2000)
    weight, a = layer.parametrizations.weight.original, torch.randn(5, 4, dtype=torch.float64)
    (a * layer.weight).sum().backward()
    u, s, vh = torch.linalg.svd(weight.detach(), full_matrices=False)
    along = (a * weight.detach()).sum() / s[0]
    torch.testing.assert_close(weight.grad, (a - along * torch.outer(u[:, 0], vh[0])) / s[0])


@pytest.mark.parametrize(
    "make", [lambda: nn.Linear(3, 4), lambda: nn.Conv2d(2, 4, 3), lambda: nn.ConvTranspose2d(2, 4, 3)]
)
def test_tensors_are_those_of_torch(make):
    own, theirs = attached(nn.Sequential(make())), nn.Sequential(make())
    parametrizations.spectral_norm(theirs[0])
    theirs.load_state_dict(own.state_dict())
    torch.testing.assert_close(theirs.eval()[0].weight, own[0].weight)


def test_a_forward_pass_changes_nothing_and_is_the_same_in_both_modes():
    critic, x = attached(perceptron()), torch.randn(4, 3, dtype=torch.float64)
    before = copy.deepcopy(critic.state_dict())
    outputs = [critic.train(mode)(x) for mode in (True, True, False)]
    assert all(torch.equal(outputs[0], other) for other in outputs)
    assert all(torch.equal(before[name], tensor) for name, tensor in critic.state_dict().items())
    assert not Examination(derivatives=2)(critic.train(), x, None).stateful


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_does_not_round_the_norm(dtype):
    layer = attached(nn.Linear(64, 64))
    with torch.autocast("cpu", dtype):
        assert torch.equal(layer.weight, attached_again(layer))


def attached_again(layer):
    with torch.autocast("cpu", enabled=False):
        return layer.weight


class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.layer, self.last = nn.Embedding(3, 4), nn.Linear(2, 4), nn.Linear(4, 1)


@pytest.mark.parametrize(
    ("options", "normalised"),
    [
        ({}, {"embedding", "layer", "last"}),
        ({"embeddings": False}, {"layer", "last"}),
        ({"last": False}, {"embedding", "layer"}),
        ({"last": False, "embeddings": False}, {"layer"}),
    ],
)
def test_which_layers(options, normalised):
    network = attached(Conditional(), **options)
    assert {name.split(".")[0] for name, _ in network.named_buffers()} == normalised

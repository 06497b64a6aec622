"""RMSProp against TensorFlow's formulas in numpy."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.training.rmsprop import RMSpropTF


def reference(weights, gradients, *, lr, decay=0.9, momentum=0.0, eps=1e-10, centered=False):
    """The weights after each gradient, in float64."""
    second, first, move = np.ones_like(weights), np.zeros_like(weights), np.zeros_like(weights)
    for gradient in gradients:
        second = decay * second + (1 - decay) * gradient**2
        first = decay * first + (1 - decay) * gradient
        spread = second - first**2 if centered else second
        move = momentum * move + lr * gradient / np.sqrt(spread + eps)
        weights = weights - move
    return weights


def trained(weights, gradients, **arguments):
    parameter = torch.nn.Parameter(torch.from_numpy(weights.copy()))
    optimizer = RMSpropTF([parameter], **arguments)
    for gradient in gradients:
        parameter.grad = torch.from_numpy(gradient)
        optimizer.step()
    return parameter.detach().numpy()


@pytest.mark.parametrize("iterations", [1, 100])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    size=st.sampled_from([1e-6, 1e-2, 1.0, 1e3]),
    decay=st.sampled_from([0.0, 0.5, 0.9, 0.999]),
    momentum=st.sampled_from([0.0, 0.9]),
    eps=st.sampled_from([1e-10, 1e-3]),
    centered=st.booleans(),
)
def test_equals_tensorflows_formulas(iterations, seed, size, decay, momentum, eps, centered):
    rng = np.random.default_rng(seed)
    weights, gradients = rng.normal(size=(3, 2)), size * rng.normal(size=(iterations, 3, 2))
    decay = max(decay, 0.5) if centered else decay  # else a single gradient has no deviation but rounding's
    chosen = {"lr": 1e-2, "decay": decay, "momentum": momentum, "eps": eps, "centered": centered}
    expected = reference(weights, gradients, **chosen)
    moved = np.abs(expected - weights).max()
    np.testing.assert_allclose(trained(weights, gradients, **chosen), expected, rtol=1e-12, atol=1e-9 * moved)


def test_the_first_step_of_a_small_gradient_is_small_where_torchs_is_not():
    weights, gradient = np.zeros(1), np.full((1, 1), 1e-6)
    own = trained(weights, gradient, lr=5e-5)
    assert own.item() == pytest.approx(-5e-5 * 1e-6 / math.sqrt(0.9))
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    parameter.grad = torch.from_numpy(gradient[0])
    torch.optim.RMSprop([parameter], lr=5e-5, alpha=0.9, eps=1e-10).step()
    assert parameter.item() == pytest.approx(-5e-5 / math.sqrt(0.1), rel=1e-3)


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))


def descend(net, optimizer, steps):
    x = torch.linspace(-1, 1, 15).view(5, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()


def test_a_saved_state_goes_on_bit_for_bit():
    chosen = {"lr": 1e-2, "momentum": 0.5, "centered": True}
    whole = network()
    descend(whole, RMSpropTF(whole.parameters(), **chosen), 6)
    first = network()
    optimizer = RMSpropTF(first.parameters(), **chosen)
    descend(first, optimizer, 3)
    second = copy.deepcopy(first)
    again = RMSpropTF(second.parameters(), **chosen)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    descend(second, again, 3)
    assert all(torch.equal(p, q) for p, q in zip(whole.parameters(), second.parameters(), strict=True))


def test_groups_have_their_own_rates_and_what_has_no_gradient_stays():
    fast, slow, idle = (torch.nn.Parameter(torch.ones(2)) for _ in range(3))
    optimizer = RMSpropTF([{"params": [fast], "lr": 0.2}, {"params": [slow, idle]}], lr=0.1)
    for parameter in (fast, slow):
        parameter.grad = torch.ones(2)
    optimizer.step()
    torch.testing.assert_close(1 - fast, 2 * (1 - slow))
    assert torch.equal(idle, torch.ones(2))
    assert idle not in optimizer.state


def test_a_closure_is_called_with_gradients_on():
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = RMSpropTF([weight], lr=0.1)

    def closure():
        loss = weight.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure) == 1
    assert weight < 1


@pytest.mark.parametrize(
    "arguments", [{"lr": -1.0}, {"decay": 1.5}, {"decay": -0.1}, {"momentum": -1.0}, {"eps": -1e-9}, {"lr": math.nan}]
)
def test_arguments_out_of_bounds(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"^{name} is "):
        RMSpropTF([torch.nn.Parameter(torch.ones(1))], **arguments)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_it_is_the_same():
    on_cpu, on_gpu = network(), network().cuda()
    for net in (on_cpu, on_gpu):
        optimizer, x = RMSpropTF(net.parameters(), lr=1e-2), torch.linspace(-1, 1, 15, device=net[0].weight.device)
        for _ in range(10):
            optimizer.zero_grad()
            net(x.view(5, 3)).square().mean().backward()
            optimizer.step()
    for mine, theirs in zip(on_gpu.parameters(), on_cpu.parameters(), strict=True):
        torch.testing.assert_close(mine.cpu(), theirs, rtol=1e-4, atol=1e-5)

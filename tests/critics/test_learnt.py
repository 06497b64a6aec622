"""What is behind a critic of any kind, and what is put back."""

from functools import partial

import pytest
import torch
from torch import nn

from gpreg.critics.graph import checkpointed, leaves_of, nodes
from gpreg.critics.learnt import gradients, modules_behind, parameters_behind, placed, unchanged
from gpreg.errors import UsageError

NET = nn.Linear(2, 1)


def through_globals(x):
    return NET(x)


class Trainer:
    def __init__(self, net):
        self.net = net

    def judge(self, x):
        return self.net(x)

    def __call__(self, x):
        return self.judge(x)


def nested(x):
    return through_globals(x) + 1


@pytest.mark.parametrize(
    "critic",
    [
        NET,
        through_globals,
        nested,
        lambda x: nested(x),  # noqa: PLW0108 -- a function in a function is what is looked through
        partial(lambda net, x: net(x), NET),
        partial(lambda x, net: net(x), net=NET),
        Trainer(NET),
        Trainer(NET).judge,
        lambda x, net=NET: net(x),
    ],
)
def test_the_module_is_found(critic):
    assert modules_behind(critic) == [NET]
    if not isinstance(critic, nn.Module):
        found = parameters_behind(critic, critic(torch.ones(3, 2)))
        assert {id(own) for own in found} == {id(own) for own in NET.parameters()}


def test_where_there_is_none():
    assert modules_behind(torch.sin) == []
    assert modules_behind(lambda x: x.sum()) == []
    assert parameters_behind(torch.sin, torch.ones(2)) == []

    def unready(x):
        return later(x)

    assert modules_behind(unready) == []
    if False:
        later = None


def test_frozen_parameters_are_not_learnt():
    net = nn.Sequential(nn.Linear(2, 2).requires_grad_(False), nn.Linear(2, 1))
    for critic in (net, lambda x: net(x).flatten()):
        found = parameters_behind(critic, critic(torch.ones(3, 2)))
        assert {id(own) for own in found} == {id(own) for own in net[1].parameters()}


def test_the_graph():
    x = torch.ones(2, requires_grad=True)
    assert leaves_of(x * x + x.sin()) == [x]
    assert len(list(nodes(x * x))) == 2
    assert not checkpointed(x * x)
    assert checkpointed(torch.utils.checkpoint.checkpoint(torch.sin, x, use_reentrant=True))
    assert not checkpointed(torch.utils.checkpoint.checkpoint(torch.sin, x, use_reentrant=False))


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradients_are_scaled_back_and_stored_nowhere(reentrant):
    net, unused = nn.Linear(2, 1), nn.Parameter(torch.ones(3))
    net.weight.grad = torch.full((1, 2), 7.0)
    x = torch.ones(4, 2, requires_grad=True)
    outputs = torch.utils.checkpoint.checkpoint(net, x, use_reentrant=True) if reentrant else net(x)
    for _ in range(2):
        found = gradients(outputs.mean(), [net.weight, net.bias, unused], scale=1024.0)
        assert [own.tolist() for own in found] == [[[1.0, 1.0]], [1.0], [0.0, 0.0, 0.0]]
    assert net.weight.grad.tolist() == [[7.0, 7.0]]
    assert net.bias.grad is None


def test_an_optimizer_inside_backward_does_not_step():
    net = nn.Linear(2, 1)
    net.weight.register_post_accumulate_grad_hook(lambda own: own.data.zero_())
    outputs = torch.utils.checkpoint.checkpoint(net, torch.ones(4, 2, requires_grad=True), use_reentrant=True)
    with pytest.raises(UsageError, match="would take this for a training step"):
        gradients(outputs.mean(), list(net.parameters()))
    assert net.weight.count_nonzero() > 0


def test_what_is_put_back_after_an_error():
    net = nn.BatchNorm1d(2)
    before, weight = net.running_mean, (net.weight.data_ptr(), net.weight._version)
    state = torch.get_rng_state()

    def fail():
        with unchanged([net], torch.device("cpu")):
            net(torch.randn(4, 2) + 3)
            assert net.running_mean.count_nonzero() > 0
            with placed([net.weight], [torch.zeros(2)]):
                assert net(torch.randn(4, 2)).count_nonzero() == 0
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert net.running_mean is before
    assert before.count_nonzero() == 0
    assert (net.weight.data_ptr(), net.weight._version) == weight
    assert torch.equal(torch.get_rng_state(), state)

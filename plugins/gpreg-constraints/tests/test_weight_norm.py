import pytest
import torch
from torch import nn

from gpreg import load_registry


def attached(network, **options):
    load_registry().build("constraint", "weight-norm", options).attach(network)
    return network


@pytest.mark.parametrize(
    "make", [lambda: nn.Linear(3, 4), lambda: nn.Conv2d(2, 4, 3), lambda: nn.ConvTranspose2d(2, 4, 3)]
)
def test_weights_begin_as_they_were_with_a_length_for_each_output(make):
    layer = make().double()
    before = layer.weight.detach().clone()
    attached(nn.Sequential(layer))
    torch.testing.assert_close(layer.weight, before)
    assert layer.parametrizations.weight.original0.numel() == 4


def test_the_gradients_are_those_of_the_paper():
    """Salimans and Kingma (2016), eq. (3): ``grad_g = <grad_w, v> / |v|``, and ``grad_v`` is orthogonal to v."""
    layer = attached(nn.Sequential(nn.Linear(5, 3).double()))[0]
    g, v = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
    by_w = torch.randn(3, 5, dtype=torch.float64)
    (by_w * layer.weight).sum().backward()
    length = v.detach().norm(dim=1, keepdim=True)
    along = (by_w * v.detach()).sum(1, keepdim=True) / length
    torch.testing.assert_close(g.grad, along)
    torch.testing.assert_close(v.grad, g.detach() / length * (by_w - along * v.detach() / length))


def test_the_last_layer_may_be_left_out():
    network = attached(nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), last=False)
    assert [name for name, _ in network[2].named_parameters()] == ["weight", "bias"]

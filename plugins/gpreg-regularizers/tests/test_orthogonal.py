import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg.testing import LinearCritic

SPEC = SampleSpec(shape=(2,))


def overlap(filters):
    """The sum of squared products of two different rows."""
    rows = filters.flatten(1)
    return sum((rows[i] @ rows[j]).square() for i in range(len(rows)) for j in range(len(rows)) if i != j)


def value(made, batch, network, **options):
    return made("orthogonal", weight=0.5, **options)(batch(network, network))


LAYERS = {
    "linear": (nn.Linear(4, 3), lambda weight: weight),
    "convolution": (nn.Conv2d(2, 3, 3), lambda weight: weight),
    "transposed": (nn.ConvTranspose2d(3, 2, 3), lambda weight: weight.transpose(0, 1)),
}


@pytest.mark.parametrize("player", ["critic", "generator"])
@pytest.mark.parametrize(("layer", "filters"), LAYERS.values(), ids=LAYERS)
def test_closed_form(made, batch, layer, filters, player):
    network = nn.Sequential(layer.double(), nn.BatchNorm2d(3).double(), nn.Embedding(5, 7).double())
    expected = 0.5 * overlap(filters(layer.weight))
    torch.testing.assert_close(value(made, batch, network, player=player), expected)


def test_orthogonal_filters_of_any_length(made, batch):
    layer = nn.Linear(4, 3).double()
    with torch.no_grad():
        nn.init.orthogonal_(layer.weight)
        layer.weight.mul_(torch.tensor([[0.1], [1.0], [10.0]]))
    assert value(made, batch, layer).item() < 1e-25


def test_several_layers_are_summed(made, batch):
    network = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
    expected = 0.5 * (overlap(network[0].weight) + overlap(network[2].weight))
    torch.testing.assert_close(value(made, batch, network), expected)


def test_gradient(made, batch, draw):
    layer, weight = nn.Linear(4, 3).double(), draw(3, 4)
    with torch.no_grad():
        layer.weight.copy_(weight)
    value(made, batch, layer).backward()
    gram = weight @ weight.T
    torch.testing.assert_close(layer.weight.grad, 4 * 0.5 * (gram - gram.diagonal().diag()) @ weight)


PARAMETRISED = {
    "spectral": parametrizations.spectral_norm,
    "weight": parametrizations.weight_norm,
    "orthogonal": parametrizations.orthogonal,
}


@pytest.mark.parametrize("parametrised", PARAMETRISED.values(), ids=PARAMETRISED)
def test_the_weight_that_a_parametrised_layer_computes(made, batch, parametrised):
    layer = parametrised(nn.Linear(4, 3).double())
    before = {name: buffer.clone() for name, buffer in layer.named_buffers()}
    layer.eval()
    expected = 0.5 * overlap(layer.weight)
    layer.train()
    found = value(made, batch, layer)
    torch.testing.assert_close(found, expected)
    for name, buffer in layer.named_buffers():
        assert torch.equal(buffer, before[name]), name
    found.backward()
    assert all(parameter.grad is not None for name, parameter in layer.named_parameters() if "bias" not in name)
    assert all(module.training for module in layer.modules())


def test_a_network_without_filters_is_refused(made):
    networks = LinearCritic((2,)), nn.Linear(4, 3)
    made("orthogonal", player="generator").prepare(*networks, SPEC)
    with pytest.raises(UsageError, match="critic, a LinearCritic, has no weights with two filters") as caught:
        made("orthogonal", player="critic").prepare(*networks, SPEC)
    assert "-R orthogonal.player=generator" in caught.value.remedy

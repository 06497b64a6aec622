import math

import pytest
import torch
from torch import nn

from gpreg_architectures.initialisation import glorot, glorot_linear, he, he_linear
from gpreg_architectures.padding import SameConv2d, SameConvTranspose2d

LAYERS = {
    "he linear": (lambda: he_linear(512, 300), math.sqrt(2 / 512)),
    "glorot linear": (lambda: glorot_linear(128, 4096), math.sqrt(2 / (128 + 4096))),
    "he conv": (lambda: he(nn.Conv2d(128, 128, 3)), math.sqrt(4 / (128 * 9 + 128 * 9))),
    "glorot conv": (lambda: glorot(nn.Conv2d(128, 200, 1)), math.sqrt(2 / (128 + 200))),
    "he conv of stride 2": (
        lambda: he(SameConv2d(64, 128, kernel=5, stride=2)),
        math.sqrt(4 / (64 * 25 + 128 * 25 / 4)),
    ),
    "he deconv of stride 2": (
        lambda: he(SameConvTranspose2d(128, 64, kernel=5, stride=2)),
        math.sqrt(4 / (128 * 25 / 4 + 64 * 25)),
    ),
}


@pytest.mark.parametrize(("build", "std"), LAYERS.values(), ids=LAYERS)
def test_weights_are_uniform_with_the_recipes_deviation_and_biases_zero(build, std):
    layer = build()
    weight = layer.weight.detach()
    bound = math.sqrt(3) * std
    assert 0.999 * bound < weight.abs().max() <= bound * (1 + 1e-6)
    assert weight.std().item() == pytest.approx(std, rel=0.01)
    assert abs(weight.mean().item()) < 5 * std / math.sqrt(weight.numel())
    assert not layer.bias.any()


def test_a_layer_without_bias_is_allowed():
    assert he(nn.Conv2d(3, 4, 3, bias=False)).bias is None


def test_weights_come_from_the_global_random_state():
    torch.manual_seed(7)
    first = he_linear(4, 4).weight
    torch.manual_seed(7)
    assert torch.equal(first, he_linear(4, 4).weight)

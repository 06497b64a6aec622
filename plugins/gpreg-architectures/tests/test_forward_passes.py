"""Networks and blocks against the recipes' formulas, written out with plain functions."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import gpreg
from gpreg.interfaces import SampleSpec
from gpreg_architectures.resnet import CriticBlock, FirstBlock, UpBlock
from gpreg_architectures.resnet_stable import ResidualBlock

MNIST = SampleSpec(shape=(1, 28, 28))
CIFAR = SampleSpec(shape=(3, 32, 32))


def build(name, **options):
    return gpreg.load_registry().build("architecture", name, options)


def randomised(module):
    """In float64, biases and scales no longer trivial."""
    for parameter in module.double().parameters():
        nn.init.normal_(parameter, std=0.3)
    return module, list(module.parameters())


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def lrelu(x):
    return torch.where(x > 0, x, 0.2 * x)


def up(x):
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def mean_pool(x):
    return (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4


def batch_norm(x, scale, offset):
    axes = (0, 2, 3)
    centred = x - x.mean(axes, keepdim=True)
    return centred / (centred.square().mean(axes, keepdim=True) + 1e-5).sqrt() * column(scale) + column(offset)


def layer_norm(x, scale, offset):
    axes = (1, 2, 3)
    centred = x - x.mean(axes, keepdim=True)
    return centred / (centred.square().mean(axes, keepdim=True) + 1e-5).sqrt() * column(scale) + column(offset)


def column(x):
    return x[:, None, None]


@pytest.mark.parametrize(
    ("activation", "function"),
    [("relu", F.relu), ("tanh", torch.tanh), ("softplus", F.softplus), ("leaky-relu", lrelu)],
)
@pytest.mark.parametrize("name", ["mlp", "mlp-0gp"])
def test_perceptron_critic(name, activation, function):
    architecture = build(name, width=8, hidden_layers=2, activation=activation)
    D, (w1, b1, w2, b2, w3, b3) = randomised(architecture.critic(SampleSpec(shape=(2,))))
    x = normal(5, 2)
    hidden = function(function(x @ w1.T + b1) @ w2.T + b2)
    torch.testing.assert_close(D(x), (hidden @ w3.T + b3)[:, 0])


def test_mnist_critic_pads_14_by_one_and_two_and_7_by_two():
    D, (w1, b1, w2, b2, w3, b3, w, b) = randomised(build("dcgan-mnist", width=3).critic(MNIST))
    x = h = normal(2, 1, 28, 28)
    for weight, bias, padding in ((w1, b1, (1, 2)), (w2, b2, (1, 2)), (w3, b3, (2, 2))):
        h = lrelu(F.conv2d(F.pad(h, padding * 2), weight, bias, stride=2))
    torch.testing.assert_close(D(x), (h.reshape(2, 4 * 4 * 4 * 3) @ w.T + b)[:, 0])


def test_mnist_generator_crops_8_to_7():
    G, (w, b, w1, b1, w2, b2, w3, b3) = randomised(build("dcgan-mnist", width=3, latent_dim=5).generator(MNIST))
    z = normal(2, 5)

    def deconv(x, weight, bias):
        return F.conv_transpose2d(x, weight, bias, stride=2)[..., 1:-2, 1:-2]

    h = F.relu(z @ w.T + b).reshape(2, 4 * 3, 4, 4)
    h = F.relu(deconv(h, w1, b1))[..., :7, :7]
    h = F.relu(deconv(h, w2, b2))
    torch.testing.assert_close(G(z), torch.sigmoid(deconv(h, w3, b3)))


def test_cifar_generator_ends_in_tanh():
    G = build("dcgan", width=2).generator(CIFAR)
    reals = []
    G.layers[-3].register_forward_hook(lambda _, __, output: reals.append(output))
    samples = G(torch.randn(2, 128))
    torch.testing.assert_close(samples, reals[0].tanh())


def test_up_block_of_the_resnet():
    block, parameters = randomised(UpBlock(4, None, track_running_stats=False))
    s1, o1, w1, b1, s2, o2, w2, b2, w, b = parameters
    x = normal(3, 4, 5, 5)
    h = F.conv2d(up(F.relu(batch_norm(x, s1, o1))), w1, b1, padding=1)
    h = F.conv2d(F.relu(batch_norm(h, s2, o2)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), F.conv2d(up(x), w, b) + h)


def test_first_block_of_the_resnet_critic():
    block, (w, b, w1, b1, w2, b2) = randomised(FirstBlock(3, 4))
    x = normal(2, 3, 6, 6)
    h = F.conv2d(F.relu(F.conv2d(x, w1, b1, padding=1)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), F.conv2d(mean_pool(x), w, b) + mean_pool(h))


def test_halving_block_of_the_resnet_critic():
    block, (w, b, w1, b1, w2, b2) = randomised(CriticBlock(4, halve=True, layer_norm=False))
    x = normal(2, 4, 6, 6)
    h = F.conv2d(F.relu(F.conv2d(F.relu(x), w1, b1, padding=1)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), mean_pool(F.conv2d(x, w, b)) + mean_pool(h))


def test_identity_block_of_the_resnet_critic_with_layer_norm():
    block, (s1, o1, w1, b1, s2, o2, w2, b2) = randomised(CriticBlock(4, halve=False, layer_norm=True))
    x = normal(2, 4, 6, 6)
    h = F.conv2d(F.relu(layer_norm(x, s1, o1)), w1, b1, padding=1)
    h = F.conv2d(F.relu(layer_norm(h, s2, o2)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), x + h)


def test_resnet_critic_ends_in_the_mean_over_space():
    D, parameters = randomised(build("resnet", width=4).critic(CIFAR))
    x = normal(2, 3, 32, 32)
    features = D.features(x)
    assert features.shape == (2, 4, 8, 8)
    assert features.min() >= 0
    torch.testing.assert_close(D(x), features.mean((2, 3)) @ parameters[-2][0] + parameters[-1])


@pytest.mark.parametrize(("before", "after"), [(3, 5), (5, 3), (4, 4)])
def test_stable_block_adds_a_tenth(before, after):
    block, parameters = randomised(ResidualBlock(before, after))
    w1, b1, w2, b2 = parameters[-4:]
    assert w1.shape[0] == min(before, after)
    x = normal(2, before, 6, 6)
    shortcut = x if before == after else F.conv2d(x, parameters[0])
    h = F.conv2d(lrelu(F.conv2d(lrelu(x), w1, b1, padding=1)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), shortcut + 0.1 * h)


def test_stable_critic_of_8x8():
    D, parameters = randomised(build("resnet-stable", width=3).critic(SampleSpec(shape=(1, 8, 8), classes=2)))
    blocks = [module for module in D.features if isinstance(module, ResidualBlock)]
    x, y = normal(3, 1, 8, 8), torch.tensor([0, 1, 1])
    h = blocks[0](F.conv2d(x, parameters[0], parameters[1], padding=1))
    padded = F.pad(h, (1, 1, 1, 1))
    pooled = sum(padded[..., i : i + 7 : 2, j : j + 7 : 2] for i in range(3) for j in range(3)) / 9
    outputs = lrelu(blocks[1](pooled)).reshape(3, 6 * 4 * 4) @ parameters[-2].T + parameters[-1]
    torch.testing.assert_close(D(x, y), outputs[torch.arange(3), y])


def test_stable_generator_of_8x8():
    G, parameters = randomised(build("resnet-stable", width=3, latent_dim=5).generator(SampleSpec(shape=(1, 8, 8))))
    blocks = [module for module in G.layers if isinstance(module, ResidualBlock)]
    z = normal(2, 5)
    h = (z @ parameters[0].T + parameters[1]).reshape(2, 6, 4, 4)
    h = blocks[1](up(blocks[0](h)))
    images = torch.tanh(F.conv2d(lrelu(h), parameters[-2], parameters[-1], padding=1))
    torch.testing.assert_close(G(z), images)


HE, GLOROT = 4, 2


@pytest.mark.parametrize(
    ("name", "player", "factors"),
    [
        ("dcgan", "generator", [HE] * 3),
        ("dcgan", "critic", [HE] * 3),
        ("dcgan-mnist", "generator", [HE] * 3),
        ("dcgan-mnist", "critic", [HE] * 3),
        ("resnet", "generator", [*[HE, HE, GLOROT] * 3, GLOROT]),  # up-blocks, each with its shortcut; output
        ("resnet", "critic", [GLOROT, HE, HE, GLOROT, HE, HE, HE, HE, HE, HE]),  # first, down, two with identity
    ],
)
def test_convolutions_start_as_the_recipe_says(name, player, factors):
    network = getattr(build(name, width=24), player)(CIFAR)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    for layer, factor in zip(convolutions, factors, strict=True):
        area, thinned = math.prod(layer.kernel_size), math.prod(layer.stride)
        fan_in, fan_out = layer.in_channels * area, layer.out_channels * area
        if isinstance(layer, nn.ConvTranspose2d):
            fan_in /= thinned
        else:
            fan_out /= thinned
        bound = math.sqrt(3 * factor / (fan_in + fan_out))
        assert 0.9 * bound < layer.weight.abs().max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize("name", ["resnet-stable", "resnet2-stable"])
def test_stable_networks_start_as_torch_does(name):
    network = build(name, width=8).critic(CIFAR)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            bound = 1 / math.sqrt(layer.in_channels * math.prod(layer.kernel_size))
            assert 0.9 * bound < layer.weight.abs().max() <= bound * (1 + 1e-6)

"""R3GAN's layers and networks against their formulas, written out with plain functions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.autograd import gradgradcheck
from torch.func import functional_call
from torch.nn import functional as F

import gpreg
from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg_architectures.r3gan_blocks import (
    DiscriminativeBasis,
    Downsample,
    GenerativeBasis,
    LabelMap,
    ResidualBlock,
    Upsample,
    residual_gain,
)

RECTIFIER = math.sqrt(2 / 1.04)
LABELS = torch.tensor([2, 0])


def build(**options):
    return gpreg.load_registry().build("architecture", "r3gan", options)


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def randomised(module):
    """In float64, no weight zero."""
    for parameter in module.double().parameters():
        nn.init.normal_(parameter, std=0.3)
    return module, list(module.parameters())


def matrix(size):
    """Halves a signal of so many values: row i has 1, 3, 3, 1 over 8 at 2i - 1 to 2i + 2, as far as these exist."""
    rows = np.zeros((size // 2, size + 2))
    for i in range(size // 2):
        rows[i, 2 * i : 2 * i + 4] = np.array([1, 3, 3, 1]) / 8
    return torch.from_numpy(rows[:, 1:-1].copy())


@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 9))
def test_resampling_is_the_filter_along_both_axes_with_zeros_outside(height, width, seed):
    rng = torch.Generator().manual_seed(seed)
    vertical, horizontal = matrix(2 * height), matrix(2 * width)
    fine = torch.randn(2, 3, 2 * height, 2 * width, dtype=torch.float64, generator=rng)
    coarse = torch.randn(2, 3, height, width, dtype=torch.float64, generator=rng)
    torch.testing.assert_close(Downsample().double()(fine), vertical @ fine @ horizontal.T)
    torch.testing.assert_close(Upsample().double()(coarse), 4 * vertical.T @ coarse @ horizontal)


@pytest.mark.parametrize("resample", [Downsample(), Upsample()])
def test_resampling_keeps_a_constant_inside_and_needs_no_rounding_in_bfloat16(resample):
    assert (resample(torch.full((1, 2, 8, 8), 3.0))[..., 1:-1, 1:-1] == 3).all()
    kernel = resample.kernel
    assert torch.equal(kernel.to(torch.bfloat16).float(), kernel)
    assert not resample.state_dict()


def block(x, w1, b1, w2, b2, w3, *, groups):
    hidden = F.leaky_relu(F.conv2d(x, w1) + b1[:, None, None], 0.2)
    hidden = F.leaky_relu(F.conv2d(F.pad(hidden, (1, 1, 1, 1)), w2, groups=groups) + b2[:, None, None], 0.2)
    return x + F.conv2d(hidden, w3)


@pytest.mark.parametrize(("width", "group_width", "groups"), [(6, 4, 3), (4, 16, 1), (8, 16, 1), (8, 1, 16)])
def test_block(width, group_width, groups):
    module, weights = randomised(ResidualBlock(width, group_width=group_width, gain=1.0))
    x = normal(2, width, 5, 5)
    torch.testing.assert_close(module(x), block(x, *weights, groups=groups))


def test_block_is_the_identity_at_first():
    module, x = ResidualBlock(8, group_width=4, gain=1.0), torch.randn(3, 8, 6, 6)
    assert torch.equal(module(x), x)
    assert torch.equal(module.to(torch.bfloat16)(x.bfloat16()), x.bfloat16())


def test_generator_with_classes():
    options = {"widths": [6, 4], "group_width": 4, "blocks": 1, "latent_dim": 3, "embedding_dim": 2}
    G, (embedding, basis, linear, *rest) = randomised(
        build(**options).generator(SampleSpec(shape=(3, 8, 8), classes=5))
    )
    z, y = normal(2, 3), F.one_hot(LABELS, 5).double()
    x = torch.cat([z, y @ embedding.T], dim=1) @ linear.T
    x = block(x[..., None, None] * basis, *rest[:5], groups=3)
    x = 4 * matrix(8).T @ F.conv2d(x, rest[5]) @ matrix(8)
    x = F.conv2d(block(x, *rest[6:11], groups=2), rest[11])
    assert len(rest) == 12
    torch.testing.assert_close(G(z, LABELS), x)


def test_critic_with_classes():
    options = {"widths": [6, 4], "group_width": 4, "blocks": 1}
    D, (image, *rest) = randomised(build(**options).critic(SampleSpec(shape=(3, 8, 8), classes=5)))
    images = normal(2, 3, 8, 8)
    x = block(F.conv2d(images, image), *rest[:5], groups=2)
    x = F.conv2d(matrix(8) @ x @ matrix(8).T, rest[5])
    x = block(x, *rest[6:11], groups=3)
    basis, linear, embedding = rest[11:]
    features = (x * basis[:, 0]).sum((2, 3)) @ linear.T
    torch.testing.assert_close(D(images, LABELS), (features * (F.one_hot(LABELS, 5).double() @ embedding.T)).sum(1))


def test_networks_without_classes_start_as_resampling_and_linear_maps():
    G = build(width=8, latent_dim=4).generator(SampleSpec(shape=(3, 8, 8))).double()
    D = build(width=8).critic(SampleSpec(shape=(3, 8, 8))).double()
    basis, linear, *_, colours = G.parameters()
    z, images = normal(2, 4), normal(2, 3, 8, 8)
    x = 4 * matrix(8).T @ ((z @ linear.T)[..., None, None] * basis) @ matrix(8)
    torch.testing.assert_close(G(z), F.conv2d(x, colours))
    colours, *_, basis, linear = D.parameters()
    x = matrix(8) @ F.conv2d(images, colours) @ matrix(8).T
    torch.testing.assert_close(D(images), ((x * basis[:, 0]).sum((2, 3)) @ linear.T)[:, 0])


@pytest.mark.parametrize(("blocks", "expected"), [(1, RECTIFIER), (16, RECTIFIER / 2)])
def test_gain_of_a_block(blocks, expected):
    assert residual_gain(blocks) == pytest.approx(expected)


WEIGHTS = {
    "basis of the generator": (lambda: GenerativeBasis(64, 512).basis, 1),
    "code": (lambda: GenerativeBasis(64, 512).linear.weight, 1 / 8),
    "basis of the critic": (lambda: DiscriminativeBasis(1024, 3).basis.weight, 1 / 4),
    "output of the critic": (lambda: DiscriminativeBasis(1024, 20).linear.weight, 1 / 32),
    "label of the generator": (lambda: LabelMap(100, 200).weight, 1 / 10),
    "label of the critic": (lambda: LabelMap(100, 64, 1 / 8).weight, 1 / 80),
}


@pytest.mark.parametrize(("weight", "std"), WEIGHTS.values(), ids=WEIGHTS)
def test_initial_weights_of_a_layer(weight, std):
    values = weight().detach()
    assert not deviates(values, std)
    assert abs(values.mean().item()) < 4 * std / math.sqrt(values.numel())
    assert values.abs().max() > 2.5 * std  # not uniform


def deviates(weight, std):
    error = 1 / math.sqrt(2 * weight.numel())  # standard deviation of an estimate of 1
    return weight.std().item() != pytest.approx(std, rel=4 * error)


@pytest.mark.parametrize("player", ["generator", "critic"])
def test_initial_weights_of_a_network(player):
    network = getattr(build(widths=[64, 32]), player)(SampleSpec(shape=(3, 8, 8)))
    blocks = [module.residual for module in network.modules() if isinstance(module, ResidualBlock)]
    assert len(blocks) == 4
    gain = RECTIFIER * 4 ** (-1 / 4)
    for first, _, grouped, _, last in blocks:
        assert not deviates(first.weight, gain / math.sqrt(first.in_channels))
        assert not deviates(grouped.weight, gain / math.sqrt(16 * 9))
        assert not first.bias.any()
        assert not grouped.bias.any()
        assert not last.weight.any()
    inside = {layer for block in blocks for layer in block}
    others = [layer for layer in network.stages.modules() if isinstance(layer, nn.Conv2d) and layer not in inside]
    assert {layer.in_channels for layer in others} == ({64, 32} if player == "generator" else {3, 32})
    assert not any(deviates(layer.weight, 1 / math.sqrt(layer.in_channels)) for layer in others)


@pytest.mark.parametrize("classes", [None, 3])
def test_penalty_can_be_differentiated_by_images_and_parameters(classes):
    D, _ = randomised(build(width=2, blocks=1).critic(SampleSpec(shape=(1, 8, 8), classes=classes)))
    names = [name for name, _ in D.named_parameters()]
    labels = () if classes is None else (LABELS,)

    def judge(x, *weights):
        return functional_call(D, dict(zip(names, weights, strict=True)), (x, *labels))

    inputs = (normal(2, 1, 8, 8), *D.parameters())
    assert gradgradcheck(judge, tuple(each.detach().requires_grad_() for each in inputs), fast_mode=True)


@pytest.mark.parametrize("halves", [0, 1, 2])
def test_the_finest_stages_compute_in_bfloat16(halves):
    architecture = build(width=16, bf16_stages=halves)
    spec = SampleSpec(shape=(3, 16, 16), classes=3)
    G, D = architecture.generator(spec), architecture.critic(spec)
    seen = {G: [], D: []}
    for network, inside in seen.items():
        for parameter in network.parameters():
            nn.init.normal_(parameter, std=0.2)
        for layer in network.stages.modules():
            if isinstance(layer, nn.Conv2d | Downsample | Upsample):
                layer.register_forward_hook(lambda _, x, y, inside=inside: inside.append((y.shape[-1], x[0], y)))
    images = G(torch.randn(2, 64), LABELS).detach().requires_grad_()
    outputs = D(images, LABELS)
    (gradient,) = torch.autograd.grad(outputs.sum(), images, create_graph=True)
    gradient.square().sum().backward()

    assert images.dtype == outputs.dtype == gradient.dtype == torch.float32
    in_half = {4: False, 8: halves == 2, 16: halves >= 1}
    for size, x, y in seen[G]:  # a stage begins by doubling the size
        assert (x.dtype, y.dtype) == 2 * (torch.bfloat16 if in_half[size] else torch.float32,)
    for _, x, y in seen[D]:  # and ends by halving it
        assert (x.dtype, y.dtype) == 2 * (torch.bfloat16 if in_half[x.shape[-1]] else torch.float32,)
    for parameter in D.parameters():
        assert parameter.dtype == torch.float32
        assert parameter.grad is None or parameter.grad.dtype == torch.float32


def test_stages_in_bfloat16_agree_with_float32_within_its_rounding():
    spec = SampleSpec(shape=(3, 16, 16))
    torch.manual_seed(0)
    exact = randomised(build(width=16).critic(spec))[0].float()
    rounded = build(width=16, bf16_stages=2).critic(spec)
    rounded.load_state_dict(exact.state_dict())
    x = torch.randn(8, 3, 16, 16)
    difference = (exact(x) - rounded(x)).norm() / exact(x).norm()
    assert 0 < difference < 0.05


@pytest.mark.parametrize(
    ("options", "message", "remedy"),
    [
        ({"widths": [8, 8]}, "images of 16x16 have 3", "give 3 widths"),
        ({"width": 12}, "does not divide the 24 channels inside a block 12 wide", "choose 12, or"),
        ({"bf16_stages": 3}, "that of 4x4 is always in float32", "choose 2 or less"),
    ],
)
@pytest.mark.parametrize("player", ["generator", "critic"])
def test_options_for_other_stages_are_refused(options, message, remedy, player):
    with pytest.raises(UsageError, match=message) as error:
        getattr(build(**options), player)(SampleSpec(shape=(1, 16, 16)))
    assert remedy in error.value.remedy

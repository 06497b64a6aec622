"""Numbers worked out from the recipes, layer by layer: weights + biases, and scale + offset of normalisations."""

import pytest
import torch

import gpreg
from gpreg.interfaces import SampleSpec

VECTOR = SampleSpec(shape=(2,))
MNIST = SampleSpec(shape=(1, 28, 28))
DIGITS = SampleSpec(shape=(1, 32, 32))
CIFAR = SampleSpec(shape=(3, 32, 32))
CIFAR_LABELLED = SampleSpec(shape=(3, 32, 32), classes=10)
SQUARE_64 = SampleSpec(shape=(3, 64, 64), classes=10)


def conv3(before, after):
    return before * after * 9 + after


def same_width_block(width):
    """Mescheder et al.: two 3x3 convolutions and the identity."""
    return conv3(width, width) + conv3(width, width)


def widening_block(before, after):
    """The hidden width is the smaller one, that before; 1x1 shortcut without bias."""
    return conv3(before, before) + conv3(before, after) + before * after


def narrowing_block(before, after):
    return conv3(before, after) + conv3(after, after) + before * after


RESNET_CONV3 = 128 * 128 * 9 + 128
RESNET_CONV1 = 128 * 128 + 128
RESNET_BN = 128 + 128
RESNET_CRITIC = (
    (3 * 128 * 9 + 128 + RESNET_CONV3 + 3 * 128 + 128)  # first block
    + (2 * RESNET_CONV3 + RESNET_CONV1)  # down
    + 2 * (2 * RESNET_CONV3)  # two with identity
)

COUNTS = [
    (
        "mlp",
        {},
        VECTOR,
        (2 * 512 + 512) + (512 * 512 + 512) + (512 * 512 + 512) + (512 * 2 + 2),
        (2 * 512 + 512) + (512 * 512 + 512) + (512 * 512 + 512) + (512 * 1 + 1),
    ),
    (
        "mlp",
        {},
        DIGITS,
        (2 * 512 + 512) + (512 * 512 + 512) + (512 * 512 + 512) + (512 * 1024 + 1024),
        (1024 * 512 + 512) + (512 * 512 + 512) + (512 * 512 + 512) + (512 * 1 + 1),
    ),
    (
        "mlp-0gp",
        {},
        VECTOR,
        (2 * 512 + 512) + (512 * 512 + 512) + (512 * 2 + 2),
        (2 * 512 + 512) + (512 * 512 + 512) + (512 * 1 + 1),
    ),
    (
        "mlp-0gp",  # the code's defaults: "2 layers" after the first
        {"width": 64, "hidden_layers": 3},
        VECTOR,
        (2 * 64 + 64) + (64 * 64 + 64) + (64 * 64 + 64) + (64 * 2 + 2),
        (2 * 64 + 64) + (64 * 64 + 64) + (64 * 64 + 64) + (64 * 1 + 1),
    ),
    *(
        (
            "dcgan-mnist",  # 28 -> 14 -> 7 -> 4 and 32 -> 16 -> 8 -> 4 end alike
            {},
            spec,
            (128 * 4096 + 4096) + (256 * 128 * 25 + 128) + (128 * 64 * 25 + 64) + (64 * 1 * 25 + 1),
            (1 * 64 * 25 + 64) + (64 * 128 * 25 + 128) + (128 * 256 * 25 + 256) + (4096 * 1 + 1),
        )
        for spec in (MNIST, DIGITS)
    ),
    (
        "dcgan-mnist",  # as with weight clipping
        {"generator_batch_norm": True, "critic_batch_norm": True},
        MNIST,
        (128 * 4096 + 4096 + 2 * 4096)
        + (256 * 128 * 25 + 128 + 2 * 128)
        + (128 * 64 * 25 + 64 + 2 * 64)
        + (64 * 1 * 25 + 1),
        (1 * 64 * 25 + 64) + (64 * 128 * 25 + 128 + 2 * 128) + (128 * 256 * 25 + 256 + 2 * 256) + (4096 * 1 + 1),
    ),
    (
        "dcgan",
        {},
        CIFAR,
        (128 * 8192 + 8192 + 2 * 8192)
        + (512 * 256 * 25 + 256 + 2 * 256)
        + (256 * 128 * 25 + 128 + 2 * 128)
        + (128 * 3 * 25 + 3),
        (3 * 128 * 25 + 128) + (128 * 256 * 25 + 256) + (256 * 512 * 25 + 512) + (8192 * 1 + 1),
    ),
    (
        "resnet",
        {},
        CIFAR,
        (128 * 2048 + 2048) + 3 * (2 * RESNET_BN + 2 * RESNET_CONV3 + RESNET_CONV1) + (RESNET_BN + 128 * 3 * 9 + 3),
        RESNET_CRITIC + (128 * 1 + 1),
    ),
    (
        "resnet",
        {"critic_layer_norm": True},
        CIFAR_LABELLED,
        (128 * 2048 + 2048)
        + 3 * (2 * 10 * RESNET_BN + 2 * RESNET_CONV3 + RESNET_CONV1)
        + (RESNET_BN + 128 * 3 * 9 + 3),
        RESNET_CRITIC + 3 * 2 * (128 + 128) + (128 * 10 + 10),
    ),
    (
        "resnet-stable",
        {},
        CIFAR,
        (256 * 8192 + 8192)
        + narrowing_block(512, 256)
        + narrowing_block(256, 128)
        + narrowing_block(128, 64)
        + same_width_block(64)
        + conv3(64, 3),
        conv3(3, 64)
        + same_width_block(64)
        + widening_block(64, 128)
        + widening_block(128, 256)
        + widening_block(256, 512)
        + (512 * 4 * 4 * 1 + 1),
    ),
    (
        "resnet-stable",  # 64 * 2**4 = 1024 is capped at 512 in the generator, and just not in the critic
        {},
        SQUARE_64,
        10 * 256
        + ((256 + 256) * 512 * 4 * 4 + 512 * 4 * 4)
        + same_width_block(512)
        + narrowing_block(512, 256)
        + narrowing_block(256, 128)
        + narrowing_block(128, 64)
        + same_width_block(64)
        + conv3(64, 3),
        conv3(3, 64)
        + same_width_block(64)
        + widening_block(64, 128)
        + widening_block(128, 256)
        + widening_block(256, 512)
        + widening_block(512, 1024)
        + (1024 * 4 * 4 * 10 + 10),
    ),
    (
        "resnet2-stable",
        {},
        CIFAR_LABELLED,
        10 * 256
        + ((256 + 256) * 1024 * 1 * 1 + 1024 * 1 * 1)
        + 4 * same_width_block(1024)
        + (narrowing_block(1024, 512) + same_width_block(512))
        + (narrowing_block(512, 256) + same_width_block(256))
        + (narrowing_block(256, 128) + same_width_block(128))
        + (narrowing_block(128, 64) + same_width_block(64))
        + conv3(64, 3),
        conv3(3, 64)
        + (same_width_block(64) + widening_block(64, 128))
        + (same_width_block(128) + widening_block(128, 256))
        + (same_width_block(256) + widening_block(256, 512))
        + (same_width_block(512) + widening_block(512, 1024))
        + 4 * same_width_block(1024)
        + (1024 * 1 * 1 * 10 + 10),
    ),
    (
        "resnet2-stable",  # the 0-GP paper's for ImageNet
        {"width": 32, "max_width": 512, "embedding_dim": 128, "latent_dim": 128},
        SQUARE_64,
        10 * 128
        + ((128 + 128) * 512 * 2 * 2 + 512 * 2 * 2)
        + 4 * same_width_block(512)
        + (narrowing_block(512, 256) + same_width_block(256))
        + (narrowing_block(256, 128) + same_width_block(128))
        + (narrowing_block(128, 64) + same_width_block(64))
        + (narrowing_block(64, 32) + same_width_block(32))
        + conv3(32, 3),
        conv3(3, 32)
        + (same_width_block(32) + widening_block(32, 64))
        + (same_width_block(64) + widening_block(64, 128))
        + (same_width_block(128) + widening_block(128, 256))
        + (same_width_block(256) + widening_block(256, 512))
        + 4 * same_width_block(512)
        + (512 * 2 * 2 * 10 + 10),
    ),
    # Of the original's own networks, in the same order: CIFAR-10 with and without classes, FFHQ-64, FFHQ-256,
    # ImageNet-32 and ImageNet-64.
    ("r3gan", {}, CIFAR_LABELLED, 20_781_952, 21_280_512),
    ("r3gan", {}, CIFAR, 20_732_160, 20_683_776),
    ("r3gan", {}, SampleSpec(shape=(3, 64, 64)), 22_429_824, 22_381_440),
    ("r3gan", {}, SampleSpec(shape=(3, 256, 256)), 23_057_952, 23_009_568),
    (
        "r3gan",
        {"width": 1536, "group_width": 32},
        SampleSpec(shape=(3, 32, 32), classes=1000),
        82_914_304,
        86_548_992,
    ),
    (
        "r3gan",
        {"widths": [1536] * 5, "group_width": 32, "bf16_stages": 4},
        SampleSpec(shape=(3, 64, 64), classes=1000),
        103_570_432,
        107_205_120,
    ),
]


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("name", "options", "spec", "generator", "critic"), COUNTS)
def test_full_size_networks_have_the_recipes_parameters_and_shapes(name, options, spec, generator, critic):
    architecture = gpreg.load_registry().build("architecture", name, options)
    with torch.device("meta"):
        G, D = architecture.generator(spec), architecture.critic(spec)
        labels = None if spec.classes is None else torch.zeros(3, dtype=torch.int64)
        samples = G(torch.zeros(3, G.latent_dim), labels)
        outputs = D(samples, labels)

    assert count(G) == generator
    assert count(D) == critic
    assert samples.shape == (3, *spec.shape)
    assert outputs.shape == (3,)

"""What every architecture promises, at reduced widths, and what each one refuses."""

import math

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import OptionError, UsageError
from gpreg.interfaces import SampleSpec
from gpreg.testing import architecture_checks

SMALL_RESNET = {"width": 4, "latent_dim": 5, "embedding_dim": 6}

CASES = {
    "mlp": ("mlp", {"width": 8}, (2,), None),
    "mlp of images": ("mlp", {"width": 8, "activation": "leaky-relu"}, (3, 4, 4), None),
    "mlp of tanh": ("mlp", {"width": 8, "activation": "tanh", "latent_dim": 3}, (2,), None),
    "mlp-0gp": ("mlp-0gp", {"width": 8, "activation": "softplus"}, (2,), None),
    "dcgan-mnist 28": ("dcgan-mnist", {"width": 4, "latent_dim": 5}, (1, 28, 28), None),
    "dcgan-mnist 32": ("dcgan-mnist", {"width": 4, "latent_dim": 5}, (1, 32, 32), None),
    "dcgan 32": ("dcgan", {"width": 4, "latent_dim": 5}, (3, 32, 32), None),
    "dcgan 8": ("dcgan", {"width": 4, "latent_dim": 5}, (4, 8, 8), None),
    "dcgan 30x22": ("dcgan", {"width": 4, "latent_dim": 5}, (2, 30, 22), None),
    "dcgan 9x15": ("dcgan", {"width": 4, "latent_dim": 5}, (1, 9, 15), None),
    "dcgan of four levels": ("dcgan", {"width": 2, "latent_dim": 5, "levels": 4}, (1, 38, 38), None),
    "dcgan of one level": ("dcgan", {"width": 2, "latent_dim": 5, "levels": 1}, (1, 6, 6), None),
    "resnet": ("resnet", {"width": 8, "latent_dim": 5}, (3, 32, 32), None),
    "resnet of classes": ("resnet", {"width": 4, "latent_dim": 5}, (1, 16, 24), 3),
    "resnet with layer norm": ("resnet", {"width": 4, "critic_layer_norm": True}, (3, 16, 16), 3),
    "resnet-stable": ("resnet-stable", SMALL_RESNET, (1, 32, 32), None),
    "resnet-stable of classes": ("resnet-stable", SMALL_RESNET | {"critic_max_width": 8}, (3, 16, 16), 3),
    "resnet2-stable": ("resnet2-stable", SMALL_RESNET | {"width": 2}, (3, 32, 64), None),
    "r3gan": ("r3gan", {"width": 8, "latent_dim": 5}, (1, 16, 16), None),
    "r3gan of classes": ("r3gan", {"widths": [6, 4, 2], "group_width": 4, "embedding_dim": 3}, (3, 16, 16), 3),
    "r3gan of one stage": ("r3gan", {"width": 4, "blocks": 1}, (2, 4, 4), 3),
    "resnet2-stable of classes": ("resnet2-stable", SMALL_RESNET | {"max_width": 8}, (1, 32, 32), 3),
}


def build(name, **options):
    return gpreg.load_registry().build("architecture", name, options)


def labels_of(classes, n):
    return () if classes is None else (torch.arange(n) % classes,)


def perturb(module):
    """Leave the initial symmetry, in which normalisation treats all classes alike."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return module


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    name, options, shape, classes = request.param
    return build(name, **options), SampleSpec(shape=shape, classes=classes)


@pytest.mark.parametrize(
    "check",
    [
        check
        for name, options, shape, classes in CASES.values()
        for check in architecture_checks(name, options, shape=shape, classes=classes)
    ],
    ids=str,
)
def test_conforms(check):
    check()


def test_critic_gives_raw_numbers(case):
    architecture, spec = case
    squashing = nn.Sigmoid | nn.LogSigmoid
    assert not any(isinstance(module, squashing) for module in architecture.critic(spec).modules())


def test_gradient_penalty_agrees_with_finite_differences_in_the_parameters(case):
    architecture, spec = case
    D = architecture.critic(spec).double()
    x = torch.randn(3, *spec.shape, dtype=torch.float64, requires_grad=True)
    labels = labels_of(spec.classes, 3)

    def penalty():
        (grad,) = torch.autograd.grad(D(x, *labels).sum(), x, create_graph=True)
        return grad.flatten(1).square().sum(1).mean()

    penalty().backward()
    parameters = [parameter for parameter in D.parameters() if parameter.grad is not None]
    assert parameters
    assert all(parameter.grad.isfinite().all() for parameter in parameters)

    directions = [torch.randn_like(parameter) for parameter in parameters]
    slope = sum((parameter.grad * v).sum() for parameter, v in zip(parameters, directions, strict=True))
    step = 1e-7  # small, so that hardly a rectifier switches on the way

    def moved(length):
        with torch.no_grad():
            for parameter, v in zip(parameters, directions, strict=True):
                parameter.add_(length * v)
        return penalty().detach()

    difference = (moved(step) - moved(-2 * step)) / (2 * step)
    torch.testing.assert_close(difference, slope.detach(), rtol=1e-4, atol=1e-8)


def test_one_step_reaches_every_parameter(case):
    architecture, spec = case
    G, D = perturb(architecture.generator(spec)), perturb(architecture.critic(spec))
    labels = labels_of(spec.classes, 3)
    D(G(torch.randn(3, G.latent_dim), *labels), *labels).square().sum().backward()
    for module in (G, D):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("name", ["resnet", "resnet-stable", "resnet2-stable", "r3gan"])
def test_conditional_networks_insist_on_labels(name):
    architecture = build(name, width=4)
    spec = SampleSpec(shape=(1, 32, 32), classes=3)
    G, D = architecture.generator(spec), architecture.critic(spec)
    z, x = torch.randn(4, G.latent_dim), torch.randn(4, 1, 32, 32)
    for network, argument in ((G, z), (D, x)):
        with pytest.raises(UsageError, match="3 classes and needs labels"):
            network(argument)


def test_unconditional_networks_refuse_labels(case):
    architecture, spec = case
    spec = SampleSpec(shape=spec.shape)
    G, D = architecture.generator(spec), architecture.critic(spec)
    zeros = torch.zeros(2, dtype=torch.int64)
    with pytest.raises(UsageError, match="without classes"):
        G(torch.randn(2, G.latent_dim), zeros)
    with pytest.raises(UsageError, match="without classes"):
        D(torch.randn(2, *spec.shape), zeros)


@pytest.mark.parametrize("name", ["mlp", "mlp-0gp", "dcgan-mnist", "dcgan"])
@pytest.mark.parametrize("player", ["generator", "critic"])
def test_unconditional_architectures_refuse_classes_and_say_what_to_do(name, player):
    with pytest.raises(UsageError, match=r"'" + name + r"' is unconditional(.|\n)*classes=None"):
        getattr(build(name), player)(SampleSpec(shape=(1, 32, 32), classes=10))


@pytest.mark.parametrize(
    ("name", "shape", "possible"),
    [
        ("dcgan", (2,), "images"),
        ("dcgan", (5, 32, 32), "1 to 4 channels"),
        ("dcgan", (0, 32, 32), "1 to 4 channels"),
        ("dcgan", (1, 32, 7), "8x8 pixels or more"),
        ("dcgan-mnist", (28, 28), "images"),
        ("resnet", (3, 28, 28), "divisible by 8"),
        ("resnet", (3, 0, 8), "divisible by 8"),
        ("resnet-stable", (3, 32, 64), "equal height and width"),
        ("resnet-stable", (3, 48, 48), "a power of two"),
        ("resnet-stable", (3, 4, 4), "from 8 up"),
        ("resnet2-stable", (3, 48, 48), "divisible by 32"),
        ("r3gan", (3, 32, 64), "equal height and width"),
        ("r3gan", (3, 28, 28), "a power of two"),
        ("r3gan", (3, 2, 2), "from 4 up"),
    ],
)
@pytest.mark.parametrize("player", ["generator", "critic"])
def test_impossible_shapes_are_refused_with_what_would_be_possible(name, shape, possible, player):
    with pytest.raises(UsageError, match=possible):
        getattr(build(name), player)(SampleSpec(shape=shape))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"width": 0}, ">= 1"), ({"activation": "rleu"}, "did you mean 'relu'"), ({"depth": 3}, "no option")],
)
def test_options_out_of_bounds_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        build("mlp", **options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mlp", math.sqrt(2 / 512)),
        ("mlp-0gp", 1 / math.sqrt(3 * 512)),  # torch: uniform on +- 1 / sqrt(fan_in)
    ],
)
def test_hidden_layers_of_the_two_perceptrons_start_differently(name, expected):
    D = build(name).critic(SampleSpec(shape=(2,)))
    second = [module for module in D.modules() if isinstance(module, nn.Linear)][1]
    assert second.weight.std().item() == pytest.approx(expected, rel=0.01)
    assert bool(second.bias.any()) == (name == "mlp-0gp")


def test_output_layer_of_the_perceptron_is_glorot():
    G = build("mlp").generator(SampleSpec(shape=(2,)))
    *_, last = (module for module in G.modules() if isinstance(module, nn.Linear))
    assert last.weight.abs().max() <= math.sqrt(6 / (512 + 2))
    assert last.weight.std().item() == pytest.approx(math.sqrt(2 / (512 + 2)), rel=0.1)


def layer_names(module):
    return [type(layer).__name__ for layer in module.layers]


def test_dcgan_generator_normalises_features_first_and_crops_last():
    level = ["SameConvTranspose2d", "BatchNorm2d", "ReLU", "Crop"]
    G = build("dcgan", width=4).generator(SampleSpec(shape=(3, 32, 32)))
    start = ["Linear", "BatchNorm1d", "ReLU", "Unflatten"]
    assert layer_names(G) == [*start, *level, *level, "SameConvTranspose2d", "Tanh", "Crop"]


def test_mnist_generator_goes_from_4_to_7_to_14_to_28():
    G = build("dcgan-mnist", width=4).generator(SampleSpec(shape=(1, 28, 28)))
    sizes = []
    for layer in G.layers:
        layer.register_forward_hook(lambda _, __, output: sizes.append(output.shape[-1]) if output.dim() == 4 else None)
    G(torch.randn(2, 128))
    assert sizes == [4, 8, 8, 7, 14, 14, 14, 28, 28, 28]


def test_clipping_mode_normalises_all_but_the_first_level_of_the_critic():
    D = build("dcgan-mnist", width=4, critic_batch_norm=True).critic(SampleSpec(shape=(1, 28, 28)))
    level = ["SameConv2d", "BatchNorm2d", "LeakyReLU"]
    assert layer_names(D) == ["SameConv2d", "LeakyReLU", *level, *level, "Flatten", "Linear"]


@pytest.mark.parametrize("name", ["dcgan", "resnet"])
@pytest.mark.parametrize("batch_statistics", [True, False])
def test_a_sample_depends_on_its_batch_in_evaluation_only_with_batch_statistics(name, batch_statistics):
    architecture = build(name, width=4, batch_statistics_when_sampling=batch_statistics)
    G = architecture.generator(SampleSpec(shape=(1, 32, 32))).double().eval()
    z = torch.randn(6, G.latent_dim, dtype=torch.float64)
    with torch.no_grad():
        together, apart = G(z)[:2], G(z[:2])
    assert torch.allclose(together, apart, atol=1e-12) != batch_statistics

"""Plain modules as networks, and what is refused of them before a run begins."""

import re

import pytest
import torch
from torch import nn

from gpreg.errors import PluginError, UsageError
from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg.runs.adoption import adopted

PLANE, IMAGES = SampleSpec(shape=(2,)), SampleSpec(shape=(3, 8, 8), value_range=(-1.0, 1.0))


def pair(generator, critic=None, **attributes):
    class Pair(Architecture):
        def generator(self, spec):
            return generator() if isinstance(generator, type) else generator

        def critic(self, spec):
            return critic or nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(spec.shape).numel(), 1))

    for name, value in attributes.items():
        setattr(Pair, name, value)
    return Pair()


def look(generator, critic=None, spec=PLANE, **attributes):
    return adopted(pair(generator, critic, **attributes), spec, owner="architecture 'foreign' of pack 1")


def convolutional():
    """As the tutorial of PyTorch has it: codes are images of one pixel, and the critic's outputs, too."""
    generator = nn.Sequential(
        nn.ConvTranspose2d(5, 8, 4, 1, 0), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh()
    )
    return generator, nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(), nn.Conv2d(8, 1, 4, 1, 0))


class Labelled(nn.Module):
    def __init__(self, z=3):
        super().__init__()
        self.embedding, self.net = nn.Embedding(4, 2), nn.Linear(z + 2, 2)

    def forward(self, z, labels):
        return self.net(torch.cat([z, self.embedding(labels)], 1))


class LabelledCritic(Labelled):
    def forward(self, x, labels):
        return super().forward(x, labels)[:, 0]


@pytest.mark.parametrize(
    ("networks", "spec", "latent_dim"),
    [
        ((nn.Linear(7, 2), None), PLANE, 7),
        ((nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 2)), None), PLANE, 6),
        (convolutional(), IMAGES, 5),
    ],
)
def test_codes_are_as_the_first_layer_accepts(networks, spec, latent_dim):
    generator, critic = look(*networks, spec=spec)
    assert generator.latent_dim == latent_dim
    codes = generator.draw_latent(9, torch.Generator().manual_seed(3))
    assert torch.equal(codes, torch.randn(9, latent_dim, generator=torch.Generator().manual_seed(3)))
    assert generator(codes).shape == (9, *spec.shape)
    assert critic is networks[1] or networks[1] is None


def test_codes_are_as_is_declared():
    module = Labelled()
    module.latent_dim, module.latent = 3, "uniform"
    generator, _ = look(module, LabelledCritic(z=2), SampleSpec(shape=(2,), classes=4))
    assert (generator.latent_dim, generator.latent) == (3, "uniform")
    assert generator.draw_latent(100, torch.Generator()).abs().max() <= 1
    generator, _ = look(Labelled(), LabelledCritic(z=2), SampleSpec(shape=(2,), classes=4), latent_dim=3)
    assert generator.latent_dim == 3


def test_a_module_s_own_law_of_codes_is_kept():
    module = nn.Linear(7, 2)
    module.draw_latent = lambda n, rng: torch.full((n, 7), 2.0)
    assert bool((look(module)[0].draw_latent(4, torch.Generator()) == 2).all())


def test_a_generator_stays_itself():
    class Own(Generator):
        latent_dim = 3

        def __init__(self):
            super().__init__()
            self.net = nn.Linear(3, 2)

        def forward(self, z, labels=None):
            return self.net(z)

    own = Own()
    assert look(own)[0] is own
    del Own.latent_dim
    assert look(Own())[0].latent_dim == 3


def test_the_first_look_leaves_no_trace():
    generator, critic = convolutional()
    critic.insert(1, nn.utils.parametrizations.spectral_norm(nn.Conv2d(8, 8, 1)))
    generator.append(nn.Dropout())
    generator[1].eval()
    before = [tensor.clone() for network in (generator, critic) for tensor in network.state_dict().values()]
    torch.manual_seed(0)
    state = torch.get_rng_state()
    adopted_generator, _ = look(generator, critic, IMAGES)
    assert torch.equal(torch.get_rng_state(), state)
    after = [tensor for network in (generator, critic) for tensor in network.state_dict().values()]
    assert all(map(torch.equal, before, after))
    assert [generator.training, generator[1].training, critic.training] == [True, False, True]
    assert all(parameter.grad is None for parameter in adopted_generator.parameters())


def test_lazy_layers_are_made_by_the_first_look():
    def weights():
        torch.manual_seed(0)
        module = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2))
        module.latent_dim = 5
        return [*look(module)[0].parameters()]

    assert tuple(weights()[0].shape) == (8, 5)
    assert all(map(torch.equal, weights(), weights()))


class Text(nn.Module):
    def forward(self, x):
        return "no tensor"


def broken(module):
    nn.init.constant_(module.weight, float("nan"))
    return module


class Sum(nn.Module):
    def forward(self, x):
        return x.sum(1)


@pytest.mark.parametrize(
    ("generator", "critic", "spec", "reason"),
    [
        (len, None, PLANE, r"the generator of architecture 'foreign' of pack 1 is a builtin_function_or_method"),
        (nn.Linear(3, 2), len, PLANE, r"the critic of .* it must be a torch.nn.Module"),
        (nn.ReLU(), None, PLANE, r"a ReLU, does not say how long its codes are"),
        (nn.Linear(3, 5), None, PLANE, r"makes \(2, 5\) of 2 codes; samples like the data are \(2, 2\)"),
        (convolutional()[0], None, SampleSpec(shape=(3, 16, 16)), r"makes \(2, 3, 8, 8\) .* are \(2, 3, 16, 16\)"),
        (nn.Sequential(nn.Linear(3, 2), Text()), None, PLANE, r"makes a str of 2 codes; samples like the data are"),
        (nn.Linear(3, 2), nn.Linear(2, 4), PLANE, r"the critic of .* does not judge samples \(2, 2\): .*\(2, 4\)"),
        (nn.Linear(3, 2), nn.Linear(5, 1), PLANE, r"the critic of .* does not judge samples \(2, 2\): RuntimeError"),
        (nn.Linear(3, 2), Text(), PLANE, r"does not judge samples \(2, 2\): the critic returned a str"),
        (nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2)), None, PLANE, r"makes no samples of codes \(2, 3\): Runtime"),
        (broken(nn.Linear(3, 2)), None, PLANE, r"the generator of .* makes NaN or infinity with its first weights"),
        (nn.Linear(3, 2), broken(nn.Linear(2, 1)), PLANE, r"the critic of .* makes NaN or infinity with its first"),
        (nn.Linear(3, 2), Sum(), PLANE, r"the critic of .*, a Sum, has no parameters to train"),
        (nn.Linear(3, 2).requires_grad_(False), None, PLANE, r"the generator of .*, a Linear, has no parameters to"),
        (nn.Linear(3, 2), None, SampleSpec(shape=(2,), classes=4), r"makes no samples of codes \(2, 3\) and labels"),
    ],
)
def test_what_cannot_do_its_work_is_refused_by_name(generator, critic, spec, reason):
    with pytest.raises(PluginError, match=reason) as caught:
        look(generator, critic, spec)
    assert "architecture 'foreign' of pack 1" in caught.value.message


class Misspelt(nn.Linear):
    def forward(self, x):
        return super().forwards(x)


class Fine(nn.Linear):
    def forward(self, x):
        return super().forward(x).double()


class Doubling(nn.Linear):
    def forward(self, x):
        return super().forward(x.mul_(2))


class Detached(nn.Linear):
    def forward(self, x):
        return super().forward(x).detach()


@pytest.mark.parametrize(
    ("generator", "critic", "spec", "reason", "remedy"),
    [
        (
            nn.Linear(3, 2),
            Doubling(2, 1),
            PLANE,
            r"in-place operation.* \(.*test_adoption.py:\d+\)",
            "leaves its input",
        ),
        (nn.Linear(3, 2), Detached(2, 1), PLANE, "makes outputs that carry no gradient", "detach nothing"),
        (Misspelt(3, 2), None, PLANE, r"no attribute 'forwards' \(.*test_adoption.py:\d+\)", None),
        (nn.Linear(3, 2), Misspelt(2, 1), PLANE, r"no attribute 'forwards' \(.*test_adoption.py:\d+\)", None),
        (nn.Linear(3, 2).double(), None, PLANE, "RuntimeError: mat1 and mat2", r"parameters .* MODULE.float\(\)"),
        (nn.Linear(3, 2), nn.Linear(2, 1).double(), PLANE, "RuntimeError: mat1", r"parameters .* MODULE.float\(\)"),
        (Fine(3, 2), None, PLANE, "the critic of", r"generator makes samples of torch.float64.* x.float\(\)"),
        (Labelled(), None, PLANE, "TypeError", "it needs labels.* --conditional"),
        (nn.Linear(3, 2), LabelledCritic(2), PLANE, "TypeError", "it needs labels.* --conditional"),
        (nn.Linear(3, 2), None, SampleSpec(shape=(2,), classes=4), "TypeError", "called with labels.*--unconditional"),
    ],
)
def test_a_network_s_own_error_says_where_and_what_to_do(generator, critic, spec, reason, remedy):
    with pytest.raises(PluginError, match=reason) as caught:
        look(generator, critic, spec, latent_dim=3)
    assert caught.value.remedy is None if remedy is None else re.search(remedy, caught.value.remedy)


def test_the_architecture_s_own_refusal_is_passed_on():
    class Refuses(Architecture):
        def generator(self, spec):
            raise UsageError("only on Sundays")

        def critic(self, spec):
            return nn.Linear(2, 1)

    with pytest.raises(UsageError, match="only on Sundays"):
        adopted(Refuses(), PLANE, owner="it")

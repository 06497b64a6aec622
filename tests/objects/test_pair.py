"""Plain modules, classes and functions as an architecture."""

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import PluginError, UsageError
from gpreg.interfaces import SampleSpec
from gpreg.objects import Pair, adopt
from gpreg.registry.kinds import ARCHITECTURE
from gpreg.runs.adoption import adopted

PLANE = SampleSpec(shape=(2,))


class Generator(nn.Module):
    def __init__(self, width: int = 8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 2))

    def forward(self, z):
        return self.layers(z)


class Critic(nn.Module):
    def __init__(self, spec, width: int = 8, slope: float = 0.2):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(*spec.shape, width), nn.LeakyReLU(slope), nn.Linear(width, 1))

    def forward(self, x):
        return self.layers(x)


def registry_of(thing):
    return adopt(gpreg.load_registry(), {"architecture": thing})


def built(thing, options=None, spec=PLANE):
    registry, names = registry_of(thing)
    architecture = registry.build(ARCHITECTURE, names["architecture"], options)
    return adopted(architecture, spec, owner="it")


@pytest.mark.parametrize(
    "given",
    [
        (Generator(), Critic(PLANE)),
        [Generator, Critic],
        (lambda: Generator(8), lambda spec: Critic(spec, 8)),
        {"generator": Generator, "critic": Critic, "latent_dim": 4},
        Pair(Generator, Critic(PLANE)),
    ],
    ids=["modules", "classes", "functions", "table", "pair"],
)
def test_a_pair_may_be_modules_or_what_makes_them(given):
    generator, critic = built(given)
    assert generator.latent_dim == 4
    assert critic(generator(torch.zeros(3, 4))).shape == (3, 1)


def test_modules_that_are_given_are_copied_each_time_and_classes_are_built_anew():
    given = Generator(), Critic(PLANE)
    first, second = built(given), built(given)
    for network, original in zip(first, given, strict=True):
        assert network is not original
        for left, right in zip(network.parameters(), original.parameters(), strict=True):
            assert torch.equal(left, right)
            assert left is not right
    assert first[0].module is not second[0].module
    torch.manual_seed(3)
    one = built((Generator, Critic))[0].state_dict()
    torch.manual_seed(3)
    other = built((Generator, Critic))[0].state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(built((Generator, Critic))[0].module.layers[0].weight, one["module.layers.0.weight"])


def test_keywords_of_what_makes_them_are_options():
    generator, critic = built((Generator, Critic), {"width": "3", "slope": 0.5})
    assert (generator.module.layers[0].out_features, critic.layers[0].out_features) == (3, 3)
    assert critic.layers[1].negative_slope == 0.5
    registry, names = registry_of((Generator, Critic))
    with pytest.raises(UsageError, match="has no option 'widht'; did you mean 'width'"):
        registry.build(ARCHITECTURE, names["architecture"], {"widht": 3})
    with pytest.raises(UsageError, match="it must be an int"):
        registry.build(ARCHITECTURE, names["architecture"], {"width": "wide"})
    with pytest.raises(UsageError, match="has no option 'width'"):
        built((Generator(), Critic(PLANE)), {"width": 3})


def test_a_function_may_make_the_pair_by_its_own_options():
    def pair(width: int = 8):
        return Pair(Generator(width), lambda spec: Critic(spec, width))

    generator, critic = built(pair, {"width": 5})
    assert (generator.module.layers[0].out_features, critic.layers[0].out_features) == (5, 5)


def test_latent_law_and_range_are_given_or_have_defaults():
    generator, _ = built(Pair(Generator(), Critic(PLANE), latent="uniform"))
    assert generator.draw_latent(1000, torch.Generator()).abs().max() <= 1
    generator, _ = built((Generator(), Critic(PLANE)))
    assert generator.draw_latent(1000, torch.Generator()).abs().max() > 1

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))

        def forward(self, z):
            return z[:, :2] * self.weight

    with pytest.raises(PluginError, match="does not say how long its codes are"):
        built((Own(), Critic(PLANE)))
    assert built(Pair(Own(), Critic(PLANE), latent_dim=6))[0].latent_dim == 6
    registry, names = registry_of(Pair(Generator(), Critic(PLANE), value_range=(0.0, 1.0)))
    assert registry.build(ARCHITECTURE, names["architecture"]).value_range == (0.0, 1.0)


def here(name):
    return rf"{name} \(.*test_pair\.py:\d+\)"


REFUSED = {
    "a module alone": (Generator(), f"is a {here('Generator')}; it must be a name, or a pair"),
    "a class of a module": (Generator, f"is the class {here('Generator')}; it must be a name, or a pair"),
    "three": ((Generator, Critic, Critic), "is a tuple; it must be a name, or a pair"),
    "a number": (5, "is a int; it must be a name, or a pair"),
    "a pair with a number": (
        (Generator, 5),
        "the critic is a int; it must be a torch.nn.Module, or a class",
    ),
    "a table without a critic": ({"generator": Generator}, "has no critic"),
    "a table with another key": (
        {"generator": Generator, "critik": Critic},
        "has no 'critik'; did you mean 'critic'",
    ),
}


@pytest.mark.parametrize(("given", "match"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_pair_is_refused_with_where_it_is_defined(given, match):
    with pytest.raises(UsageError, match=match) as caught:
        registry_of(given)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"latent": "gamma"}, "latent is 'gamma'; it must be 'normal' or 'uniform'"),
        ({"latent_dim": 0}, "latent_dim is 0"),
        ({"latent_dim": True}, "latent_dim is True"),
        ({"value_range": (1, 0)}, r"value_range = \(1, 0\)"),
        ({"value_range": "0,1"}, "value_range = '0,1'"),
    ],
)
def test_what_a_pair_may_not_say(more, match):
    with pytest.raises(UsageError, match=match):
        registry_of({"generator": Generator, "critic": Critic, **more})


def failing(spec):
    raise KeyError("lost")


def needing(what):
    return Generator()


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ((nn.Linear(4, 3), Critic), PluginError, r"makes \(2, 3\) of 2 codes; samples like the data are \(2, 2\)"),
        ((Generator, nn.Linear(2, 5)), PluginError, "must return one number a sample"),
        ((Generator, nn.Linear(3, 1)), PluginError, r"does not judge samples \(2, 2\)"),
        ((Generator, failing), PluginError, rf"{here('failing')} cannot be made: KeyError: 'lost' \(.*:\d+\)"),
        ((needing, Critic), UsageError, f"{here('needing')} needs what, which has no default"),
        ((lambda: 5, Critic), PluginError, "is a int; it must be a torch.nn.Module"),
        ((nn.Linear(4, 2), nn.Identity()), PluginError, r"must return one number a sample"),
        ((nn.Linear(4, 2), nn.Flatten(0)), PluginError, r"must return one number a sample"),
    ],
)
def test_networks_that_do_not_fit_are_refused_before_a_run(given, error, match):
    with pytest.raises(error, match=match):
        built(given)

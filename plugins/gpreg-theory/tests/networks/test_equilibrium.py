import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import gpreg
from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg_theory.networks.equilibrium import NoConstruction, at_zero, last_linear


class Around(nn.Module):
    """Something is added to the last layer's output."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 1)

    def forward(self, x):
        return self.linear(x) + x.sum(1, keepdim=True)


class Projection(nn.Module):
    """<a, phi> + <e_y, phi>, the labels' part computed first."""

    def __init__(self):
        super().__init__()
        self.embedding, self.linear = nn.Embedding(3, 4), nn.Linear(4, 1)

    def forward(self, x, labels):
        along = (self.embedding(labels) * x).sum(1)
        return self.linear(x).squeeze(1) + along


class Twice(nn.Module):
    """One layer, run twice."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(self.linear(x[:, :1]).tanh())


class Shared(nn.Module):
    """Two layers with one weight."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 1), nn.Linear(4, 1)
        self.first.weight = self.last.weight

    def forward(self, x):
        return self.last((x * self.first(x)).tanh())


class Scaled(nn.Module):
    """The last parameter to be used belongs to no layer."""

    def __init__(self):
        super().__init__()
        self.linear, self.scale = nn.Linear(4, 1), nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.linear(x) * self.scale


class Spread(nn.Module):
    """Each output has the batch's standard deviation as a feature."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 1)

    def forward(self, x):
        return self.linear(torch.cat([x, x.std(0).mean().expand(len(x), 1)], 1))


class Pick(nn.Module):
    def forward(self, x):
        return x[:, 0]


def chain(last):
    return nn.Sequential(nn.Linear(4, 4), nn.Tanh(), last)


IMPOSSIBLE = {
    "spectral normalisation": (lambda: chain(parametrizations.spectral_norm(nn.Linear(4, 1))), "normalised"),
    "weight normalisation": (lambda: chain(parametrizations.weight_norm(nn.Linear(4, 1))), "normalised"),
    "spectral normalisation by hooks": (lambda: chain(nn.utils.spectral_norm(nn.Linear(4, 1))), "normalised"),
    "batch normalisation": (lambda: chain(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))), "over the batch"),
    "batch normalisation, evaluated": (
        lambda: chain(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))).eval(),
        "over the batch",
    ),
    "a feature of the batch": (Spread, "depends on the others"),
    "several outputs": (lambda: nn.Sequential(nn.Linear(4, 3), Pick()), "3 outputs"),
    "a convolution": (lambda: nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 1, 4)), "not linear"),
    "no parameters": (Pick, "not linear"),
    "scaled output": (Scaled, "not linear"),
    "something added": (Around, "something is added"),
    "run twice": (Twice, "tied"),
    "shared weight": (Shared, "tied"),
    "squashed": (lambda: chain(nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())), "transformed"),
}


@pytest.fixture
def points():
    return torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_no_construction(case, points):
    make, reason = IMPOSSIBLE[case]
    with pytest.raises(NoConstruction, match=reason) as refused:
        at_zero(make(), points)
    assert refused.value.remedy
    assert isinstance(refused.value, UsageError)


def test_a_projection_critic(points):
    with pytest.raises(NoConstruction, match="projection critic"):
        at_zero(Projection(), points, torch.tensor([0, 1, 2, 0, 1]))


@pytest.mark.parametrize(
    ("architecture", "shape", "name"),
    [
        ("mlp", (2,), "layers.7"),
        ("dcgan-mnist", (1, 28, 28), "layers.7"),
        ("resnet", (3, 8, 8), "output.linear"),
        ("resnet-stable", (3, 8, 8), "output.linear"),
    ],
)
def test_registered_critics(architecture, shape, name):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        spec = SampleSpec(shape=shape, value_range=(-1.0, 1.0))
        critic = gpreg.load_registry().build("architecture", architecture).critic(spec)
    points = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    found, layer = last_linear(critic, points)
    assert found == name
    assert layer is critic.get_submodule(name)
    assert not at_zero(critic, points)(points).any()
    assert critic(points).all()


def test_normalised_hidden_layers_are_no_obstacle(points):
    critic = nn.Sequential(parametrizations.spectral_norm(nn.Linear(4, 8)), nn.ReLU(), nn.Dropout(), nn.Linear(8, 1))
    before = {name: tensor.clone() for name, tensor in critic.state_dict().items()}
    state = torch.get_rng_state()
    zeroed = at_zero(critic, points)
    assert torch.equal(state, torch.get_rng_state())
    assert zeroed.training
    assert critic.training
    assert all(torch.equal(before[name], tensor) for name, tensor in critic.state_dict().items())
    assert not any(module._forward_hooks for module in critic.modules())
    assert not zeroed.eval()(points).any()


def test_without_bias(points):
    critic = chain(nn.Linear(4, 1, bias=False))
    assert not at_zero(critic, points)(points).any()

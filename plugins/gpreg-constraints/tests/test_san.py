"""SAN on a linear feature map, where every gradient is known: ``D(x) = <w / |w|, A x>``."""

import pytest
import torch
from torch import nn
from torch.nn.functional import normalize, softplus

from gpreg import load_registry
from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg.training.game import Game


@pytest.fixture
def san(build):
    """A set-up on points of the plane whose critic has linear features."""
    choices = {"constraints": "san", "loss.name": "non-saturating", "penalty.rho": 0.0, "architecture.hidden_layers": 1}
    setup = build("plane", choices)
    layers = [module for module in setup.critic.modules() if isinstance(module, nn.Linear)]
    for name, module in setup.critic.named_modules():
        if isinstance(module, nn.ReLU):
            setup.critic.set_submodule(name, nn.Identity())
    return setup, *layers


def test_features_are_trained_by_the_loss_and_the_direction_by_the_wasserstein_loss(san):
    setup, first, last = san
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 16, 2, generator=rng)
    setup.objective(setup.critic, real, fake, rng=setup.draws).total.backward()
    w = last.parametrizations.weight.original.detach()[0]
    direction = normalize(w, dim=0)
    a, b = first.weight.detach(), first.bias.detach()
    features = [x @ a.T + b for x in (real, fake)]
    d_real, d_fake = (h @ direction + last.bias.detach() for h in features)
    by_h = -torch.sigmoid(-d_real) / len(real), torch.sigmoid(d_fake) / len(fake)
    torch.testing.assert_close(first.weight.grad, torch.outer(direction, by_h[0] @ real + by_h[1] @ fake))
    by_direction = features[1].mean(0) - features[0].mean(0)
    expected = (by_direction - (by_direction @ direction) * direction) / w.norm()
    torch.testing.assert_close(last.parametrizations.weight.original.grad[0], expected)
    torch.testing.assert_close(last.bias.grad, (by_h[0].sum() + by_h[1].sum())[None])


def test_the_penalty_does_not_move_the_direction(san):
    setup, _, last = san
    setup.penalty.rho = 3.0
    x = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    penalty = setup.penalty(setup.critic, x, x + 1)
    penalty.backward()
    assert penalty > 0
    assert last.parametrizations.weight.original.grad is None


def test_the_value_is_the_wasserstein_loss_of_the_same_outputs(build):
    setup = build("plane", {"constraints": [{"name": "san", "weight": 2.0}]})
    x = torch.randn(2, 16, 2, generator=torch.Generator().manual_seed(0))
    terms = setup.objective(setup.critic, *x, rng=setup.draws)
    torch.testing.assert_close(terms.others["san_direction"], 2 * (terms.d_fake.mean() - terms.d_real.mean()).detach())


def test_it_trains(build):
    setup = build("plane", {"constraints": "san", "training.accumulate": 2, "augmentations": "noise"})
    (original,) = (p for name, p in setup.critic.named_parameters() if name.endswith("weight.original"))
    before, game = original.detach().clone(), Game(setup)
    values = game.play(0).values
    assert values["critic_san_direction"].isfinite()
    assert not torch.equal(before, original)


class Transformed(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 1)

    def forward(self, x):
        return softplus(self.last(x))


def use(critic, spec):
    constraint = load_registry().build("constraint", "san")
    constraint.attach(critic)
    constraint.terms["san_direction"].prepare(critic, nn.Identity(), spec)


@pytest.mark.parametrize(
    ("critic", "spec", "told"),
    [
        (Transformed, SampleSpec(shape=(2,)), "not that of its last layer"),
        (lambda: nn.Linear(2, 1), SampleSpec(shape=(2,), classes=3), "without labels"),
        (lambda: nn.Linear(2, 3), SampleSpec(shape=(2,)), "'' is not linear with one output"),
        (lambda: nn.Conv2d(1, 1, 2), SampleSpec(shape=(1, 2, 2)), "'' is not linear with one output"),
    ],
)
def test_critics_of_another_kind_are_refused(critic, spec, told):
    with pytest.raises(UsageError, match=told) as caught:
        use(critic(), spec)
    assert caught.value.remedy

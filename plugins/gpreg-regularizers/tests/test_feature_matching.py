import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from gpreg.critics.augmented import AugmentedCritic
from gpreg.errors import UsageError
from gpreg.interfaces import Augmentation, SampleSpec
from gpreg.testing import LinearCritic
from gpreg_regularizers.features import features


class Critic(nn.Module):
    """``D(x) = <v, tanh(W x)>``, built of layers in another order than they are called."""

    def __init__(self, d=3, width=4):
        super().__init__()
        self.last = nn.Linear(width, 1)
        self.first = nn.Linear(d, width)
        self.double()

    def hidden(self, x):
        return self.first(x).tanh()

    def forward(self, x, labels=None):
        return self.last(self.hidden(x)).squeeze(1)


class WithFeatures(Critic):
    def features(self, x, labels):
        return 2 * self.hidden(x) + labels[:, None]


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_closed_form(made, batch, draw, norm):
    critic, real, fake = Critic(), draw(5, 3), draw(7, 3, seed=1)
    value = made("feature-matching", weight=2.0, norm=norm)(batch(critic, real=real, fake=fake))
    distance = critic.hidden(fake).mean(0) - critic.hidden(real).mean(0)
    torch.testing.assert_close(value, 2 * (distance.square().sum() if norm == "l2" else distance.abs().mean()))


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_gradient(made, batch, draw, norm):
    critic, real, term = Critic(), draw(5, 3), made("feature-matching", norm=norm)
    assert gradcheck(lambda fake: term(batch(critic, real=real, fake=fake)), (draw(4, 3, seed=1).requires_grad_(),))


def test_features_of_the_critics_own(made, batch, draw):
    critic, x, labels = WithFeatures(), draw(5, 3), torch.arange(5)
    torch.testing.assert_close(features(critic, x, labels), 2 * critic.hidden(x) + labels[:, None])


def test_layers_called_features_are_layers(draw):
    class Named(Critic):
        def __init__(self):
            super().__init__()
            self.features = nn.Identity()

    critic, x = Named(), draw(5, 3)
    torch.testing.assert_close(features(critic, x, None), critic.hidden(x))


def test_a_critic_that_ends_with_a_convolution(draw):
    critic = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Tanh(), nn.Conv2d(2, 1, 3), nn.Flatten()).double()
    x = draw(5, 1, 4, 4)
    torch.testing.assert_close(features(critic, x, None), critic[:2](x).flatten(1))


def test_behind_the_augmentations_of_the_run(draw):
    class Negative(Augmentation):
        def forward(self, x, rng):
            return -x

    critic, x = Critic(), draw(5, 3)
    seen = AugmentedCritic(critic, [Negative()], torch.Generator())
    torch.testing.assert_close(features(seen, x, None), critic.hidden(-x))


@pytest.mark.parametrize("classes", [None, 3])
def test_a_critic_without_features_is_refused(made, classes):
    term, spec = made("feature-matching"), SampleSpec(shape=(3,), classes=classes)
    with pytest.raises(UsageError) as caught:
        term.prepare(LinearCritic((3,)), nn.Identity(), spec)
    assert caught.value.message.startswith("regularizer 'feature-matching' and this critic, a LinearCritic, do not fit")
    assert "--arch, such as mlp" in caught.value.remedy
    term.prepare(Critic(), nn.Identity(), spec)


def test_looking_for_features_leaves_the_critic_as_it_was(made):
    critic = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    before = {name: tensor.clone() for name, tensor in critic.state_dict().items()}
    made("feature-matching").prepare(critic, nn.Identity(), SampleSpec(shape=(3,)))
    assert all(torch.equal(tensor, before[name]) for name, tensor in critic.state_dict().items())
    assert all(module.training for module in critic.modules())

"""CR and bCR with instance noise, ``T x = x + sigma u``, and with an augmentation that is not random."""

import pytest
import torch
from fixtures.kits import registry_with
from torch.autograd import gradcheck
from torch.func import functional_call

import gpreg
from gpreg import AugmentationSpec
from gpreg.critics.augmented import AugmentedCritic
from gpreg.errors import UnknownNameError, UsageError
from gpreg.interfaces import Augmentation, SampleSpec
from gpreg.penalties.noise import Noise
from gpreg.testing import LinearCritic, QuadraticCritic

SIGMA = {"augmentation": "noise", "augmentation_options": {"sigma": 0.2}}


def noise(seed, *sizes):
    """What the augmentation draws for batches one after the other."""
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(*size, generator=rng, dtype=torch.float64) for size in sizes]


def test_a_linear_critic(made, batch, draw):
    critic, x = LinearCritic((3,)), draw(5, 3)
    value = made("consistency", weight=2.0, **SIGMA)(batch(critic, real=x, seed=9))
    (u,) = noise(9, (5, 3))
    torch.testing.assert_close(value, 2 * (0.2 * u @ critic.weight).square().mean())


def test_a_quadratic_critic_of_images(made, batch, draw):
    critic, x = QuadraticCritic((1, 2, 3)), draw(4, 1, 2, 3)
    value = made("consistency", weight=2.0, **SIGMA)(batch(critic, real=x, seed=9))
    (u,) = noise(9, (4, 1, 2, 3))
    step = 0.2 * u.flatten(1)
    change = (critic.gradient(x).flatten(1) * step).sum(1) + 0.5 * ((step @ critic.matrix) * step).sum(1)
    torch.testing.assert_close(value, 2 * change.square().mean())


def test_with_noise_it_is_the_approximate_r1(made, batch, draw):
    """``lambda E (D(x) - D(x + sigma u))^2`` is the penalty at the data with rho = 2 lambda sigma^2, by noise."""
    critic, x = QuadraticCritic((3,)), draw(5, 3)
    value = made("consistency", weight=3.0, **SIGMA)(batch(critic, real=x, seed=9))
    penalty = gpreg.penalty("pd", rho=2 * 3.0 * 0.2**2, estimator=Noise(sigma=0.2))
    torch.testing.assert_close(value, penalty(critic, x, rng=torch.Generator().manual_seed(9)))


def test_both_batches_with_their_weights(made, batch, draw):
    critic, real, fake = LinearCritic((3,)), draw(5, 3), draw(5, 3, seed=1)
    term = made("balanced-consistency", real_weight=2.0, fake_weight=3.0, **SIGMA)
    value = term(batch(critic, real=real, fake=fake, seed=9))
    of_real, of_fake = ((0.2 * u @ critic.weight).square().mean() for u in noise(9, (5, 3), (5, 3)))
    torch.testing.assert_close(value, 2 * of_real + 3 * of_fake)


@pytest.mark.parametrize("name", ["consistency", "balanced-consistency"])
def test_gradient(made, batch, draw, name):
    critic, term = QuadraticCritic((2,)), made(name, **SIGMA)

    def value(matrix, weight):
        def called(x, labels=None):
            return functional_call(critic, {"matrix": matrix, "weight": weight}, (x,))

        return term(batch(called, real=draw(3, 2), fake=draw(3, 2, seed=1)))

    assert gradcheck(value, (critic.matrix, critic.weight))


def test_labels_and_the_forward_pass_of_the_loss(made, batch, draw):
    calls = []

    class Counting(LinearCritic):
        def forward(self, x, labels=None):
            calls.append(labels.tolist())
            return super().forward(x, labels)

    labels, fake_labels = torch.tensor([0, 1]), torch.tensor([1, 1])
    given = batch(Counting((2,)), real=draw(2, 2), fake=draw(2, 2), labels=labels, fake_labels=fake_labels)
    calls.clear()
    made("balanced-consistency", **SIGMA)(given)
    assert calls == [[0, 1], [1, 1]]


def test_behind_the_augmentations_of_the_run(made, batch, draw):
    class Negative(Augmentation):
        def forward(self, x, rng):
            return -x

    critic, x = QuadraticCritic((2,)), draw(5, 2)
    seen = AugmentedCritic(critic, [Negative()], torch.Generator())
    value = made("consistency", weight=1.0, **SIGMA)(batch(seen, real=x, seed=9))
    (u,) = noise(9, (5, 2))
    torch.testing.assert_close(value, (critic(-x) - critic(-(x + 0.2 * u))).square().mean())


class OnlyImages(Augmentation):
    def forward(self, x, rng):
        return x.flip(-1)

    def prepare(self, spec):
        if len(spec.shape) < 3:
            raise UsageError("points cannot be flipped", remedy="choose others")


@pytest.mark.parametrize("name", ["consistency", "balanced-consistency", "improved-consistency"])
def test_an_augmentation_refuses_points(made, name):
    spec = AugmentationSpec(name="only-images", factory=OnlyImages, summary="flips")
    with registry_with("augmentation", spec).activate():
        player = "critic" if name == "improved-consistency" else None
        term = made(name, player, augmentation="only-images")
    term.prepare(LinearCritic((1, 2, 2)), None, SampleSpec(shape=(1, 2, 2)))
    with pytest.raises(
        UsageError, match="'only-images' and such samples do not fit: points cannot be flipped"
    ) as caught:
        term.prepare(LinearCritic((2,)), None, SampleSpec(shape=(2,)))
    assert "-R augmentation=NAME: noise" in caught.value.remedy


def test_an_augmentation_that_is_not_there(made):
    with pytest.raises(UnknownNameError, match="did you mean 'noise'"):
        made("consistency", augmentation="noisy")

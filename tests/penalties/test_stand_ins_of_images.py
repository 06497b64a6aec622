"""Critics of images and videos as other people call them: their formulas against gpreg's three lines.

Each test says whose code the formula follows. Where that library is at hand, tests/loops runs its own code, too.
"""

import pytest
import torch
from fixtures.formulas import assert_same, between, gradient, leaf, mlp, squares
from torch import nn

import gpreg
from gpreg.errors import UsageError

pytestmark = pytest.mark.usefixtures("exactly")


class Patches(nn.Module):
    """``(B, 3, h, w) ->`` a map ``(B, 1, h', w')``."""

    def __init__(self):
        super().__init__()
        layers = (
            nn.Conv2d(3, 4, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4, 8, 4, 2, 1),
            nn.InstanceNorm2d(8, affine=True),
        )
        self.layers = nn.ModuleList([*layers, nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 3, 1, 1)])

    def forward(self, x):
        return self.features(x)[-1]

    def features(self, x):
        found = [x]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return found[1:]


class TestImages:
    @pytest.fixture
    def critic(self):
        return Patches()

    def test_monai(self, critic):  # monai/networks/nets/patchgan_discriminator.py: all features, the map last
        images = torch.randn(4, 3, 16, 16)
        penalty = gpreg.penalty("pd", rho=10.0, outputs=lambda out: out[-1].mean((1, 2, 3)))
        x = leaf(images)
        assert_same(penalty(critic.features, images), 5 * squares(critic(x).mean((1, 2, 3)), x).mean(), critic)

    def test_cyclegan(self, critic):  # junyanz/pytorch-CycleGAN-and-pix2pix models/networks.py, cal_gradient_penalty
        real, fake = torch.randn(2, 4, 3, 16, 16)
        ours = gpreg.penalty("wgan-gp", rho="lambda=10", outputs="sum", seed=0)(critic, real, fake)
        x = between(real, fake)
        norms = (gradient(critic(x), x)[0].view(4, -1) + 1e-16).norm(2, dim=1)
        assert_same(ours, 10 * (norms - 1).square().mean(), critic)

    def test_pix2pix(self, critic):  # the critic sees input and output of the translation; the penalty is by the output
        drawn, real, fake = torch.randn(4, 1, 16, 16), torch.randn(4, 2, 16, 16), torch.randn(4, 2, 16, 16)
        penalty = gpreg.penalty("pd+pg", rho=2.0, outputs="mean")
        ours = penalty(lambda x, c: critic(torch.cat([c, x], 1)), real, fake, condition=drawn)
        real, fake = leaf(real), leaf(fake)
        on_real, on_fake = (critic(torch.cat([drawn, x], 1)).mean((1, 2, 3)) for x in (real, fake))
        assert_same(ours, squares(on_real, real).mean() + squares(on_fake, fake).mean(), critic)

    @pytest.mark.parametrize("how", ["sum", "mean"])
    def test_several_scales(self, critic, how):  # NVIDIA/pix2pixHD models/networks.py: a list, one for each scale
        def scales(x):
            return [critic(x), critic(nn.functional.avg_pool2d(x, 2))]

        images = torch.randn(4, 3, 16, 16)
        ours = gpreg.penalty("pd", rho=10.0, outputs=how)(scales, images)
        x = leaf(images)
        each = torch.stack([getattr(found.flatten(1), how)(1) for found in scales(x)])
        assert_same(ours, 5 * squares(getattr(each, how)(0), x).mean(), critic)

    def test_several_scales_with_features(self, critic):  # each scale's are a list, too, whose last is the map
        def scales(x):
            return [critic.features(x), critic.features(x[:, :, ::2, ::2])]

        images = torch.randn(4, 3, 16, 16)
        with pytest.raises(UsageError, match="a list of a list") as caught:
            gpreg.penalty("pd", outputs="mean")(scales, images)
        assert "say which" in caught.value.remedy
        penalty = gpreg.penalty("pd", rho=10.0, outputs=lambda out: sum(each[-1].mean((1, 2, 3)) for each in out))
        x = leaf(images)
        value = sum(each[-1].mean((1, 2, 3)) for each in scales(x))
        assert_same(penalty(scales, images), 5 * squares(value, x).mean(), critic)


class Conditioned(nn.Module):
    """A critic of noisy videos ``(B, T, d)``, their times and a text, in the calling conventions of two libraries."""

    def __init__(self):
        super().__init__()
        self.net = mlp(3 + 1 + 2)

    def forward(self, x, t, condition=None):  # FastGen
        text = condition["text"].mean(1, keepdim=True).expand(-1, x.shape[1], -1)
        return self.net(torch.cat([x, t[:, :, None], text], 2)).mean((1, 2))

    def of_video(self, x, conditional_dict, timestep):  # Self-Forcing
        return self(x, timestep, condition=conditional_dict)[:, None]


class TestConditioned:
    @pytest.fixture
    def critic(self):
        return Conditioned()

    @pytest.fixture
    def given(self):
        return torch.randn(6, 4, 3), torch.randn(6, 4, 3), torch.rand(6, 4), {"text": torch.randn(6, 5, 2)}

    def test_exactly(self, critic, given):
        real, fake, time, text = given
        penalty = gpreg.penalty("pd+pg", rho="R3GAN=10")
        ours = penalty(lambda x, c: critic(x, c[0], condition=c[1]), real, fake, condition=(time, text))
        real, fake = leaf(real), leaf(fake)
        on_real, on_fake = (critic(x, time, condition=text) for x in (real, fake))
        assert_same(ours, 5 * (squares(on_real, real).mean() + squares(on_fake, fake).mean()), critic)

    def test_fastgen(self, critic, given):  # fastgen/methods/distribution_matching/dmd2.py, _compute_r1_regularization
        real, _, time, text = given
        noise = {"estimator": "noise", "estimator_options": {"sigma": 0.1}}
        penalty = gpreg.penalty("pd", rho="FastGen=100,0.1", **noise, seed=0)
        ours = penalty(lambda x, c: critic(x, c[0], condition=c[1]), real, condition=(time, text))
        moved = real.add(0.1 * torch.randn(real.shape, generator=torch.Generator().manual_seed(0)))
        here, there = (critic(x, time, condition=text) for x in (real, moved))
        assert_same(ours, 100 * nn.functional.mse_loss(here, there), critic)

    def test_self_forcing(self, critic, given):  # model/gan.py, critic_loss, and trainer/gan.py, fwdbwd_one_step
        real, fake, time, text = given
        sigma, other = 0.01, {"text": torch.randn(4, 5, 2)}
        noise = {"estimator": "noise", "estimator_options": {"sigma": sigma}}
        penalty = gpreg.penalty("pd+pg", rho="Self-Forcing=3", **noise, seed=0)
        ours = penalty(
            lambda x, c: critic.of_video(x, *c),
            real,
            fake[:4],
            condition=(text, time),
            fake_condition=(other, time[2:]),
        )
        e = torch.randn(10, 4, 3, generator=torch.Generator().manual_seed(0))

        def r(x, e, *condition):
            steps = critic.of_video(x + sigma * e, *condition) - critic.of_video(x, *condition)
            return 3 * (steps / sigma).square().mean()

        theirs = 0.5 * (r(real, e[:6], text, time) + r(fake[:4], e[6:], other, time[2:]))
        assert_same(ours, theirs, critic)

    def test_a_critic_that_takes_several_arguments_is_told_how_to_be_called(self, critic, given):
        real, fake, time, text = given
        with pytest.raises(UsageError) as caught:
            gpreg.penalty("pd+pg")(critic.of_video, real, fake, condition=(text, time))
        assert "lambda x, c: critic(x, *c)" in caught.value.remedy

    def test_an_error_inside_a_critic_that_takes_them_otherwise_says_how_it_was_called(self, critic, given):
        real, _, time, text = given
        with pytest.raises(TypeError, match="not subscriptable") as caught:  # the pair is its t, and the text is None
            gpreg.penalty("pd")(critic, real, condition=(time, text))
        assert "critic(a Tensor (6, 4, 3), a tuple of 2)" in caught.value.__notes__[0]

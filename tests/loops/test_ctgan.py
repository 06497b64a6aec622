"""CTGAN's own penalty, run from CTGAN, against gpreg's."""

import numpy as np
import pytest
import torch
from fixtures.formulas import assert_same

import gpreg


@pytest.fixture(scope="module")
def ctgan():
    from ctgan.synthesizers import ctgan

    return ctgan


@pytest.fixture
def use_penalty(ctgan, monkeypatch):
    from loops.ctgan_pack import use_penalty

    monkeypatch.setattr(ctgan.Discriminator, "calc_gradient_penalty", ctgan.Discriminator.calc_gradient_penalty)
    return use_penalty


def make():
    return gpreg.penalty("wgan-gp", rho="CTGAN=10", pack=10)


def test_value_and_gradient_are_those_of_its_own_method(ctgan):
    torch.manual_seed(0)
    critic, real, fake = ctgan.Discriminator(7, (16, 16), pac=10), torch.randn(40, 7), torch.randn(40, 7)
    fake.requires_grad_()  # as from the generator
    critic.train()  # with dropout, so that the same random numbers must be drawn, too
    torch.manual_seed(1)
    own = critic.calc_gradient_penalty(real, fake, pac=10)
    torch.manual_seed(1)
    ours = make()(critic, real, fake, rng=torch.default_generator)
    assert own > 0.1
    assert_same(ours, own, critic)


def test_a_whole_fit_is_the_same_with_it(ctgan, use_penalty):
    numbers = np.random.default_rng(0)
    table = np.stack([numbers.normal(size=200), numbers.integers(0, 3, 200)], 1)
    calls = []

    def fit():
        model = ctgan.CTGAN(
            embedding_dim=8,
            generator_dim=(16,),
            discriminator_dim=(16,),
            discriminator_lr=0.01,
            batch_size=40,
            epochs=2,
            enable_gpu=False,
        )
        model.set_random_state(3)
        model.fit(table, discrete_columns=[1])
        return [*model.loss_values["Discriminator Loss"], *model.loss_values["Generator Loss"]]

    own = fit()
    penalty = make()

    def counted(critic, real, fake):
        calls.append(len(real))
        return penalty(critic, real, fake, rng=torch.default_generator)

    use_penalty(counted)
    assert fit() == pytest.approx(own, abs=1e-5)
    assert calls == [40] * 10
    use_penalty(lambda *_: torch.zeros((), requires_grad=True))
    assert fit() != pytest.approx(own, abs=1e-3), "the penalty matters here"

"""What holds for every penalty, whatever the numbers."""

import torch
from hypothesis import given
from hypothesis import strategies as st

import gpreg
from gpreg.testing import QuadraticCritic

DETERMINISTIC = st.sampled_from(["pd", "pg", "mid", "pd+pg"])
FORMS = st.sampled_from(["squared", "one-centered", "one-sided", "power"])
SCALE = st.floats(0.1, 10)
SEED = st.integers(0, 2**16)


def drawn(seed, batch=5, dim=3):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(2, batch, dim, generator=rng, dtype=torch.float64)


def value(measure, critic, real, fake, **settings):
    return gpreg.penalty(measure, **settings)(critic, real, fake).detach()


@given(DETERMINISTIC, FORMS, SEED, st.floats(0, 100), st.floats(0, 100))
def test_it_is_linear_in_rho_and_never_negative(measure, form, seed, rho, other):
    critic, (real, fake) = QuadraticCritic((3,), seed=seed), drawn(seed)
    both = value(measure, critic, real, fake, form=form, rho=rho + other)
    one, two = (value(measure, critic, real, fake, form=form, rho=r) for r in (rho, other))
    torch.testing.assert_close(both, one + two)
    assert both >= 0


@given(DETERMINISTIC, SEED, SCALE)
def test_the_squared_form_scales_with_the_square_of_the_critic(measure, seed, scale):
    critic, (real, fake) = QuadraticCritic((3,), seed=seed), drawn(seed)

    def scaled(x):
        return scale * critic(x)

    torch.testing.assert_close(
        value(measure, scaled, real, fake), scale**2 * value(measure, critic, real, fake), rtol=1e-9, atol=0
    )


@given(DETERMINISTIC, FORMS, SEED, st.floats(-10, 10))
def test_an_output_bias_has_no_part_in_it(measure, form, seed, bias):
    critic, (real, fake) = QuadraticCritic((3,), seed=seed), drawn(seed)
    shifted = value(measure, lambda x: critic(x) + bias, real, fake, form=form)
    torch.testing.assert_close(shifted, value(measure, critic, real, fake, form=form))


@given(DETERMINISTIC, FORMS, SEED, st.permutations(range(5)))
def test_the_order_of_pairs_does_not_matter(measure, form, seed, order):
    critic, (real, fake) = QuadraticCritic((3,), seed=seed), drawn(seed)
    shuffled = value(measure, critic, real[list(order)], fake[list(order)], form=form)
    torch.testing.assert_close(shuffled, value(measure, critic, real, fake, form=form))


@given(DETERMINISTIC, FORMS, SEED)
def test_rotating_space_does_not_matter(measure, form, seed):
    critic, (real, fake) = QuadraticCritic((3,), seed=seed), drawn(seed)
    rng = torch.Generator().manual_seed(seed + 1)
    rotation, _ = torch.linalg.qr(torch.randn(3, 3, generator=rng, dtype=torch.float64))

    def rotated(x):
        return critic(x @ rotation.T)

    torch.testing.assert_close(
        value(measure, rotated, real @ rotation, fake @ rotation, form=form),
        value(measure, critic, real, fake, form=form),
    )


@given(SEED)
def test_exchanging_real_and_fake_exchanges_pd_and_pg_and_leaves_the_others(seed):
    critic, (real, fake) = QuadraticCritic((3,), seed=seed), drawn(seed)
    for one, other in (("pd", "pg"), ("mid", "mid"), ("pd+pg", "pd+pg")):
        torch.testing.assert_close(value(one, critic, real, fake), value(other, critic, fake, real))

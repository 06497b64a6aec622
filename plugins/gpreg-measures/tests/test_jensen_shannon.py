import torch

import gpreg
from gpreg.testing import LinearCritic

REAL, FAKE = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def expected(critic):
    """(1/2) {E_pd (1 - s)^2 |w|^2 + E_pg s^2 |w|^2} for a linear critic and rho = 1."""
    s_real, s_fake = critic(REAL).sigmoid(), critic(FAKE).sigmoid()
    return 0.5 * critic.weight.square().sum() * ((1 - s_real).square().mean() + s_fake.square().mean())


def test_closed_form_and_the_derivative_of_its_weights():
    critic = LinearCritic((3,))
    value = gpreg.penalty("js", rho=1.0)(critic, REAL, FAKE)
    torch.testing.assert_close(value, expected(critic), rtol=1e-12, atol=0)
    (got,) = torch.autograd.grad(value, critic.weight)
    (closed,) = torch.autograd.grad(expected(critic), critic.weight)
    torch.testing.assert_close(got, closed, rtol=1e-12, atol=0)


def test_detached_weights_are_constants():
    critic = LinearCritic((3,))
    value = gpreg.penalty("js", rho=1.0, measure_options={"detach": True})(critic, REAL, FAKE)
    torch.testing.assert_close(value, expected(critic), rtol=1e-12, atol=0)
    (got,) = torch.autograd.grad(value, critic.weight)
    torch.testing.assert_close(got, 2 * value.detach() * critic.weight / critic.weight.square().sum())


def test_mass_is_one_half_at_equilibrium(draw):
    sample = draw("js", real=REAL, fake=FAKE)
    assert sample.weights(torch.zeros(12, dtype=torch.float64)).mean() == 0.5

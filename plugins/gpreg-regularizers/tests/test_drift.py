import torch

from gpreg.testing import LinearCritic


def test_closed_form(made, batch, draw):
    critic, x = LinearCritic((3,)), draw(5, 3)
    value = made("drift", weight=0.5)(batch(critic, real=x))
    torch.testing.assert_close(value, 0.5 * (x @ critic.weight).square().mean())

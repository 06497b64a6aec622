import pytest
import torch
from torch import nn

from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.evidence.constant import constant_by_structure, linear_at_zero

POINTS = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))


class Features(nn.Module):
    """psi . phi(x), to a power."""

    def __init__(self, power=1, value=0.0):
        super().__init__()
        self.psi, self.power = nn.Parameter(torch.full((2,), value)), power

    def forward(self, x):
        return (x.sin() @ self.psi.to(x)) ** self.power


class Shifted(Features):
    def forward(self, x):
        return super().forward(x) + x[:, 0].square()


@pytest.mark.parametrize(
    ("critic", "expected"),
    [
        (Features(), True),
        (Features(value=1e-3), False),
        (Features(power=2), False),
        (Shifted(), False),
        (nn.Flatten(0), False),
    ],
)
def test_linear_in_parameters_that_are_zero(critic, expected):
    assert linear_at_zero(critic, POINTS) is expected


def test_what_makes_it_constant_is_told():
    def because(critic):
        batch = PenaltyBatch(real=POINTS, critic=critic, rng=torch.Generator())
        return constant_by_structure(critic, batch)

    assert "linear in its parameters" in because(Features())
    assert because(Features(value=1.0)) is None
    assert because(lambda x: x.sum(1)) is None
    zeroed = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    assert because(zeroed) is None
    nn.init.zeros_(zeroed[2].weight)
    assert because(zeroed) == "the critic's last layer '2' is zero"

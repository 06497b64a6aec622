"""The objectives of the two players, as expectations over quadrature nodes."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gpreg.interfaces import ConcaveF, GANLoss
from gpreg.registry.kinds import LOSS
from gpreg.registry.registry import load_registry


class FromConcave(GANLoss):
    """The zero-sum game ``E_pd f(D) + E_ptheta f(-D)`` of a concave f."""

    def __init__(self, f: ConcaveF) -> None:
        self._f = f

    @property
    def concave(self) -> ConcaveF:
        """The function f."""
        return self._f

    def critic_loss(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """``-f(D(x_d)) - f(-D(x_g))``, ``(B,)``."""
        return -(self._f.f(d_real) + self._f.f(-d_fake))

    def generator_loss(self, d_fake: Tensor, d_real: Tensor | None = None) -> Tensor:
        """``f(-D(x_g))``, ``(B,)``."""
        return self._f.f(-d_fake)


WASSERSTEIN = ConcaveF(f=lambda t: t, slope=1.0, curvature=0.0)
"""The Wasserstein loss, f(t) = t."""


def loss_of(loss: str | GANLoss | ConcaveF) -> GANLoss:
    """Make a loss of a name or of an f; a loss is returned as it is.

    Raises:
        UnknownNameError: no plugin supplies it.
    """
    if isinstance(loss, str):
        return load_registry().build(LOSS, loss)
    return FromConcave(loss) if isinstance(loss, ConcaveF) else loss


def is_wasserstein(loss: GANLoss) -> bool:
    """Whether both objectives are those of the Wasserstein loss, up to constants, for D in [-3, 3]."""
    f, t = loss.concave, torch.linspace(-3, 3, 13, dtype=torch.float64)
    if f is None or loss.needs_real:
        return False
    critic, generator = f.f(t) - f.f(0 * t), loss.generator_loss(t) - loss.generator_loss(0 * t)
    return torch.allclose(critic, t) and torch.allclose(generator, -t)


def generator_slope(loss: GANLoss) -> float:
    """The derivative of the generator's loss at D = 0, which is -f'(0) for saturating and non-saturating generators."""
    zero = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loss.generator_loss(zero).sum(), zero)
    return float(slope)


class Outputs(NamedTuple):
    """D at the nodes of p_d, ``(S, n)``, and of p_theta, ``(S, m)``, with their weights, ``(n,)`` and ``(S, m)``."""

    real: Tensor
    fake: Tensor
    real_weights: Tensor
    fake_weights: Tensor

    def mean_over_pairs(self, loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """``(S,)``, the expectation of a loss ``(B,), (B,) -> (B,)`` of independent real and fake samples."""
        real, fake = torch.broadcast_tensors(self.real[:, :, None], self.fake[:, None, :])
        values = loss(real.flatten(), fake.flatten()).view(real.shape)
        return torch.einsum("n,sm,snm->s", self.real_weights, self.fake_weights, values)


def critic_objective(loss: GANLoss, outputs: Outputs) -> Tensor:
    """``(S,)``, what the critic maximises."""
    if loss.concave is None:
        return -outputs.mean_over_pairs(loss.critic_loss)
    f = loss.concave.f
    return f(outputs.real) @ outputs.real_weights + (f(-outputs.fake) * outputs.fake_weights).sum(dim=1)


def generator_objective(loss: GANLoss, outputs: Outputs) -> Tensor:
    """``(S,)``, what the generator minimises."""
    if loss.needs_real:
        return outputs.mean_over_pairs(lambda real, fake: loss.generator_loss(fake, real.detach()))
    values = loss.generator_loss(outputs.fake.flatten()).view(outputs.fake.shape)
    return (values * outputs.fake_weights).sum(dim=1)

"""The two players' objectives, as expectations over pairs of a real and a fake node."""

from typing import cast

import torch
from torch import Tensor

from gpreg.interfaces import ConcaveF, GANLoss
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
"""f(t) = t."""


def loss_of(loss: str | GANLoss | ConcaveF) -> GANLoss:
    """A loss by its name, by its f, or as it is.

    Raises:
        UnknownNameError: no plugin supplies it.
    """
    if isinstance(loss, str):
        return cast(GANLoss, load_registry().build("loss", loss))
    return FromConcave(loss) if isinstance(loss, ConcaveF) else loss


def is_wasserstein(loss: GANLoss) -> bool:
    """Whether both players' objectives are the Wasserstein loss's, up to constants, wherever D is in [-3, 3]."""
    f, t = loss.concave, torch.linspace(-3, 3, 13, dtype=torch.float64)
    if f is None or loss.needs_real:
        return False
    critic, generator = f.f(t) - f.f(0 * t), loss.generator_loss(t) - loss.generator_loss(0 * t)
    return torch.allclose(critic, t) and torch.allclose(generator, -t)


def critic_objective(loss: GANLoss, real: Tensor, fake: Tensor, pairs: Tensor) -> Tensor:
    """``(S,)``, what the critic maximises.

    Args:
        loss: of both players.
        real, fake: D at the nodes, ``(S, n)`` and ``(S, m)``.
        pairs: ``(S, n, m)``, the probability of each pair of nodes.
    """
    d_real, d_fake = torch.broadcast_tensors(real[:, :, None], fake[:, None, :])
    return -(pairs.flatten() * loss.critic_loss(d_real.flatten(), d_fake.flatten())).view(len(real), -1).sum(dim=1)


def generator_objective(loss: GANLoss, real: Tensor, fake: Tensor, pairs: Tensor) -> Tensor:
    """``(S,)``, what the generator minimises; arguments as above."""
    d_real, d_fake = torch.broadcast_tensors(real[:, :, None], fake[:, None, :])
    values = loss.generator_loss(d_fake.flatten(), d_real.flatten() if loss.needs_real else None)
    return (pairs.flatten() * values).view(len(real), -1).sum(dim=1)

"""Critics whose gradients are known in closed form, in float64."""

import torch
from torch import Tensor, nn


class LinearCritic(nn.Module):
    """``D(x) = <w, x> + b_y``, with gradient w everywhere; ``b_y`` is an offset for each of two classes, or 0.

    Args:
        shape: shape of one sample.
        scale: factor of w; 0 gives a critic without gradient.
        seed: seed of w.

    >>> critic, x = LinearCritic((3, 4, 4)), torch.zeros(2, 3, 4, 4, dtype=torch.float64)
    >>> penalty = gpreg.penalty("pd", rho=2.0)
    >>> torch.allclose(penalty(critic, x), critic.weight.square().sum())
    True
    """

    def __init__(self, shape: tuple[int, ...], *, scale: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(scale * torch.randn(shape, generator=rng, dtype=torch.float64))
        self.offset = nn.Parameter(torch.randn(2, generator=rng, dtype=torch.float64))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, *x) [, (B,)] -> (B,)``."""
        outputs = (x * self.weight).flatten(1).sum(1)
        return outputs if labels is None else outputs + self.offset[labels]

    def gradient(self, x: Tensor) -> Tensor:
        """``(B, *x)``: w, for each sample."""
        return self.weight.expand_as(x)


class QuadraticCritic(nn.Module):
    """``D(x) = <x, A x> / 2 + <w, x>`` with symmetric A, with gradient ``A x + w``.

    Args:
        shape: shape of one sample.
        seed: seed of A and w.

    >>> critic, x = QuadraticCritic((2,)), torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    >>> (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    >>> torch.allclose(gradient, critic.gradient(x))
    True
    """

    def __init__(self, shape: tuple[int, ...], *, seed: int = 0) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(seed)
        d = torch.Size(shape).numel()
        a = torch.randn(d, d, generator=rng, dtype=torch.float64) / d**0.5
        self.matrix = nn.Parameter((a + a.T) / 2)
        self.weight = nn.Parameter(torch.randn(d, generator=rng, dtype=torch.float64))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, *x) [, (B,)] -> (B,)``; labels are ignored."""
        flat = x.flatten(1)
        return 0.5 * ((flat @ self.matrix) * flat).sum(1) + flat @ self.weight

    def gradient(self, x: Tensor) -> Tensor:
        """``(B, *x)``: ``A x + w``, the derivative of the symmetric part."""
        flat = x.flatten(1)
        return (flat @ (self.matrix + self.matrix.T) / 2 + self.weight).view_as(x)

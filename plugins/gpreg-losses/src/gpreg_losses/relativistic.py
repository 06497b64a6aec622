"""The relativistic pairing loss."""

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from gpreg.errors import UsageError
from gpreg.interfaces import GANLoss


class Relativistic(GANLoss):
    """Critic ``softplus(D(x_g) - D(x_d))``, generator ``softplus(D(x_d) - D(x_g))``, real and fake paired by index.

    It depends on differences of D only, so that an output bias of the critic has no gradient. It is not of the form
    ``E_pd f(D) + E_pg f(-D)``. Source: Jolicoeur-Martineau 2019 (RpGAN); R3GAN (Huang et al. 2024) adds the measure
    ``pd+pg``.
    """

    needs_real: ClassVar[bool] = True

    def critic_loss(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """``softplus(D(x_g) - D(x_d))``, ``(B,)``."""
        return softplus(d_fake - d_real)

    def generator_loss(self, d_fake: Tensor, d_real: Tensor | None = None) -> Tensor:
        """``softplus(D(x_d) - D(x_g))``, ``(B,)``.

        Raises:
            UsageError: ``d_real`` is not given.
        """
        if d_real is None:
            raise UsageError("the relativistic generator loss compares fake samples with real ones; pass d_real")
        return softplus(d_real - d_fake)

"""CTGAN, with a penalty of gpreg in the place of its own."""

from collections.abc import Callable

from ctgan.synthesizers.ctgan import Discriminator
from torch import Tensor


def use_penalty(penalty: Callable[[Discriminator, Tensor, Tensor], Tensor]) -> None:
    """Each ``CTGAN.fit`` takes it from now on: ``gpreg.penalty("wgan-gp", rho="CTGAN=10", pack=10)`` is CTGAN's own.

    The discriminator judges ``pac`` rows at once: ``(B, d) -> (B / pac, 1)``.
    """

    def calc_gradient_penalty(
        discriminator: Discriminator, real: Tensor, fake: Tensor, device: str = "cpu", pac: int = 10
    ) -> Tensor:
        return penalty(discriminator, real, fake)

    Discriminator.calc_gradient_penalty = calc_gradient_penalty

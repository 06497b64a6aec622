"""A measure that is checked: samples for it, with everything that it may need, and the points that it returns."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch, PenaltySample
from gpreg.penalties import Penalty
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import MeasureSpec
from gpreg.testing.checks import Case
from gpreg.testing.critics import LinearCritic

BATCH, LATENT = 5, 3


class SmoothGenerator(nn.Module):
    """``(B, z) [, (B,)] -> (B, *x)``, smooth, in float64, without normalisation."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(7)
        d = torch.Size(shape).numel()
        self.shape = shape
        self.weight = nn.Parameter(torch.randn(LATENT, d, generator=rng, dtype=torch.float64))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate; a label moves the whole sample."""
        x = torch.tanh(z @ self.weight).view(-1, *self.shape)
        return x if labels is None else x + 0.1 * labels.view(-1, *[1] * len(self.shape))


@dataclass(frozen=True)
class MeasureCase(Case):
    """A registered measure on samples of one shape in float64, with everything that it may need.

    Args:
        name: name of the measure.
        options: its options.
        shape: shape of one sample.
        conditional: whether there are labels.

    >>> case = MeasureCase("mid", shape=(3, 4, 4), conditional=True)
    >>> sample = case.draw()
    >>> sample.points.shape, sample.labels
    (torch.Size([5, 3, 4, 4]), tensor([0, 1, 1, 0, 1]))
    """

    kind = "measure"
    shape: tuple[int, ...] = (2,)
    conditional: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{'x'.join(map(str, self.shape))}{'-labels' * self.conditional}"

    @property
    def spec(self) -> MeasureSpec:
        """The measure's spec."""
        return load_registry().get(MEASURE, self.name)

    def penalty(self, form: str | None = None, **settings: Any) -> Penalty:
        """A new penalty with this measure and a form, by default that of the measure's spec."""
        built = load_registry().build(FORM, form or self.spec.form)
        return Penalty(self.build(), built, **{"rho": 2.0} | settings)

    def batch(
        self,
        seed: int = 0,
        *,
        n: int = BATCH,
        dtype: torch.dtype = torch.float64,
        device: str = "cpu",
        generated: bool = False,
    ) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """Real and fake samples ``(B, *x)``, with the generator's graph, and the other arguments of a step.

        Args:
            seed: of all random numbers.
            n: number of samples.
            dtype, device: of all tensors and networks.
            generated: whether real samples are the generator's, too: then p_g is p_d.
        """
        rng = torch.Generator().manual_seed(1000 + seed)
        generator = SmoothGenerator(self.shape)
        real = torch.randn(n, *self.shape, generator=rng, dtype=torch.float64)
        latent, other = torch.randn(2, n, LATENT, generator=rng, dtype=torch.float64)
        labels = torch.tensor([0, 1, 1, 0, 1]).repeat(-(-n // 5))[:n].to(device) if self.conditional else None
        generator, latent = generator.to(device, dtype), latent.to(device, dtype)
        if generated:
            with torch.no_grad():
                real = generator(other.to(device, dtype), labels)
        random = torch.Generator(device).manual_seed(seed)
        material = {"latent": latent, "labels": labels, "generator": generator, "rng": random}
        return real.to(device, dtype), generator(latent, labels), material

    def seen(self, penalty: Penalty, critic: nn.Module | None = None, **settings: Any) -> PenaltyBatch:
        """The batch that the measure sees of :meth:`batch`, whose settings these are; by default of a linear critic."""
        real, fake, material = self.batch(**settings)
        critic = critic or LinearCritic(self.shape).to(real.device, real.dtype)
        return penalty.batch(critic, real, fake, **material)

    def draw(self, penalty: Penalty | None = None, seed: int = 0) -> PenaltySample | None:
        """The points that the measure returns for :meth:`batch`."""
        penalty = penalty or self.penalty()
        real, fake, material = self.batch(seed)
        return penalty.draw(penalty.batch(LinearCritic(self.shape), real, fake, **material))

"""The networks of the two-Gaussian experiment: a critic that learns, and fake samples that do not."""

import torch
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.interfaces import Architecture, Generator, Opening, SampleSpec
from gpreg_datasets.options import GivenFakesOptions, TwoGaussiansOptions
from gpreg_datasets.two_gaussians import TwoGaussians


class GivenFakes(Architecture):
    """A critic of two hidden layers of 64 tanh against the fixed fake points that go with ``two-gaussians``.

    The critic is alone in learning, so that what it is after training can be compared with ``p_d / (p_d + p_g)``.

    Source: Thanh-Tung, Tran and Venkatesh (2019), Figure 1.
    """

    def __init__(self, options: GivenFakesOptions) -> None:
        self._options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """``(B, 1) -> (B, 2)``: one of the points, each as often as any other.

        Raises:
            UsageError: the samples are no points in the plane.
        """
        self._check(spec)
        options = TwoGaussiansOptions(real=self._options.real, points=self._options.points, seed=self._options.seed)
        fakes = TwoGaussians(options).opponent().open(Opening())
        return FixedPoints(fakes.take(self._options.points, rng=torch.Generator()).samples)

    def critic(self, spec: SampleSpec) -> nn.Module:
        """``(B, 2) -> (B,)``.

        Raises:
            UsageError: as for :meth:`generator`.
        """
        self._check(spec)
        width = self._options.width
        layers = nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1), nn.Flatten(0)
        return nn.Sequential(*layers)

    def _check(self, spec: SampleSpec) -> None:
        if spec.shape != (2,):
            raise UsageError(
                f"architecture 'given-fakes' is for points in the plane, not samples of shape {spec.shape}",
                remedy="use --dataset two-gaussians, or another architecture, such as mlp",
            )


class FixedPoints(Generator):
    """A generator whose samples are ``n`` fixed points; nothing in it learns.

    Args:
        points: ``(n, *x)``.
    """

    latent_dim = 1
    latent = "uniform"

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.register_buffer("points", points)
        self.unused = nn.Parameter(torch.zeros(()))  # an optimiser wants a parameter; this one has no gradient but 0

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """The points whose number ``z``, from -1 to 1, is nearest to: ``(B, 1) -> (B, *x)``."""
        points = self.get_buffer("points")
        number = ((z[:, 0] + 1) / 2 * len(points)).long().clamp(0, len(points) - 1)
        return points.index_select(0, number) + 0 * self.unused

"""The estimator ``noise``: one-sided differences of the critic's values along Gaussian noise."""

import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import GradientForm
from gpreg.penalties.autocast import at_least_float32, outside_autocast
from gpreg.penalties.estimators import Estimator
from gpreg.penalties.evaluation import Evaluation
from gpreg.penalties.randomness import normal


@dataclass(frozen=True)
class Noise(Estimator):
    r"""One-sided differences along Gaussian noise, which run the critic once more for each direction.

    With e_1, ..., e_K ~ N(0, I), drawn anew for each point and step, ``|grad D|^2`` is estimated by

        (1/K) sum_k ((D(x + s e_k) - D(x)) / s)^2,

    and both evaluations carry gradients to the critic's parameters. It needs no gradient by x, and the critic's value
    at x is the one that the loss is computed from, where :class:`gpreg.CriticObjective` computes both. If D is
    quadratic, with gradient g and Hessian H at x, the mean is ``|g|^2 + (s^2/4) (2 |H|_F^2 + (tr H)^2)``; if D is
    linear, the variance is ``2 |g|^4 / K``.

    With K = 1 it is the approximate R1 of adversarial post-training (Lin et al. 2025, Seaweed-APT, arXiv:2501.08316),
    ``lambda E (D(x + s e) - D(x))^2``: rho = 2 lambda s^2.

    Evaluations run outside autocast, since differences of half-precision outputs are noise when s is small.

    Args:
        sigma: s, the standard deviation of the noise, in the units of x.
        directions: K.
        autocast: run the critic under autocast where it is on, for critics that cannot run in float32; choose sigma so
            large that the outputs differ by much more than half precision resolves.

    >>> penalty = gpreg.penalty("pd", rho=2.0, estimator=Noise(sigma=0.1, directions=1000), seed=0)
    >>> round(penalty(lambda x: 3 * x[:, 0], torch.ones(64, 2)).item(), 1)
    9.0
    """

    sigma: float = 0.01
    directions: int = 1
    autocast: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.sigma, int | float) or not 0 < self.sigma < float("inf"):
            raise UsageError(
                f"sigma is {self.sigma!r}; it must be a finite number > 0",
                remedy="give the standard deviation of the noise in the units of x, such as 0.01 for images in -1 to 1",
            )
        if not isinstance(self.directions, int) or self.directions < 1:
            raise UsageError(f"the number of noise directions is {self.directions!r}; it must be a whole number >= 1")

    @property
    def derivatives(self) -> int:
        """None, because no gradient by x is needed."""
        return 0

    def uses_values(self, device_type: str) -> bool:
        """Unless they were computed under autocast, and the differences are not."""
        return self.autocast or not torch.is_autocast_enabled(device_type)

    def __call__(self, evaluation: Evaluation, critic: Any, squash: Any, rng: torch.Generator) -> Tensor:
        """``(N, K)``: the difference quotients, divided by the root of K."""
        points = evaluation.points
        kind = points.device.type
        uses_values = self.uses_values(kind)
        with nullcontext() if self.autocast else outside_autocast(kind):
            here = at_least_float32(torch.cat(evaluation.values) if uses_values else evaluation.at(critic, squash))
            quotients = [
                at_least_float32(evaluation.at(critic, squash, self.sigma * normal(points, rng))) - here
                for _ in range(self.directions)
            ]
        return torch.stack(quotients, dim=1) / (self.sigma * math.sqrt(self.directions))

    def check_form(self, form: GradientForm) -> None:
        """Refuse forms that are not quadratic, which noise would estimate with a bias."""
        if not form.quadratic:
            raise UsageError(
                f"{type(form).__name__} is not quadratic, so that noise would estimate it with a bias",
                remedy="use the form 'squared', or the estimator 'finite-difference'",
            )

"""The penalty point by point."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gpreg.interfaces import PenaltySample


@dataclass(frozen=True, kw_only=True)
class PenaltyTerms:
    """The penalty point by point, without its coefficient.

    Attributes:
        values: ``(N,)``, weight times form; their mean estimates ``E_mu[form(grad D)]``.
        gradients: ``(N, *g)``, the critic's gradient at the points, detached; with finite differences a tensor whose
            norm estimates the gradient's.
        sample: the points, with their weights.

    >>> objective = gpreg.CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("pd"))
    >>> terms = objective(lambda x: 3 * x[:, 0], real=torch.ones(2, 2), fake=torch.zeros(2, 2)).terms
    >>> terms.gradient_norms, terms.values.tolist()
    (tensor([3., 3.]), [9.0, 9.0])
    """

    values: Tensor
    gradients: Tensor
    sample: PenaltySample

    @property
    def gradient_norms(self) -> Tensor:
        """``|grad D|`` at the points, ``(N,)``, detached; computed on access."""
        norms: Tensor = torch.linalg.vector_norm(self.gradients.flatten(1), dim=1)
        return norms

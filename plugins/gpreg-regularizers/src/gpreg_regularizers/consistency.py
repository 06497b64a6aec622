"""Consistency regularization (CR)."""

from torch import Tensor

from gpreg.interfaces import TermBatch
from gpreg_regularizers.augmentation import AugmentedTerm
from gpreg_regularizers.options import ConsistencyOptions


class Consistency(AugmentedTerm):
    """``weight E (D(x_d) - D(T x_d))^2``: the critic says the same of a real sample before and after an augmentation.

    Zhang, Zhang, Odena and Lee (2020), Consistency Regularization for Generative Adversarial Networks, Algorithm 1,
    where T is a random flip and shift. With T = ``noise`` it is the approximate R1 of adversarial post-training:
    the measure ``pd`` with the estimator ``noise`` and rho = 2 weight sigma^2.
    """

    needs = frozenset({"d_real"})

    def __init__(self, options: ConsistencyOptions) -> None:
        super().__init__(options.augmentation, options.augmentation_options)
        self._weight = options.weight

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, by one further forward pass of the critic."""
        return self._weight * self.inconsistency(batch.d_real, batch.real, batch.labels, batch)

"""Balanced consistency regularization (bCR)."""

from torch import Tensor

from gpreg.interfaces import TermBatch
from gpreg_regularizers.augmentation import AugmentedTerm
from gpreg_regularizers.options import BalancedConsistencyOptions


class BalancedConsistency(AugmentedTerm):
    """``real_weight E (D(x_d) - D(T x_d))^2 + fake_weight E (D(x_g) - D(T x_g))^2``, a term of the critic alone.

    Consistency on generated samples too keeps the augmentation out of them. Zhao, Singh, Lee, Zhang, Odena and Zhang
    (2021), Improved Consistency Regularization for GANs, Algorithm 1.
    """

    needs = frozenset({"d_real", "d_fake"})

    def __init__(self, options: BalancedConsistencyOptions) -> None:
        super().__init__(options.augmentation, options.augmentation_options)
        self._real_weight, self._fake_weight = options.real_weight, options.fake_weight

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, by two further forward passes of the critic."""
        of_real = self.inconsistency(batch.d_real, batch.real, batch.labels, batch)
        of_fake = self.inconsistency(batch.d_fake, batch.fake, batch.fake_labels, batch)
        return self._real_weight * of_real + self._fake_weight * of_fake

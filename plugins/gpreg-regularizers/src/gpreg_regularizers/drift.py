"""The drift term of progressive growing."""

from torch import Tensor

from gpreg.interfaces import Term, TermBatch
from gpreg_regularizers.options import DriftOptions


class Drift(Term):
    """``epsilon E[D(x_d)^2]``, which keeps the critic's outputs near 0 where the loss sees differences only.

    Karras, Aila, Laine and Lehtinen (2018), Progressive Growing of GANs, Appendix A.1.
    """

    needs = frozenset({"d_real"})

    def __init__(self, options: DriftOptions) -> None:
        super().__init__()
        self._weight = options.weight

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar."""
        d_real: Tensor = batch.d_real
        return self._weight * d_real.square().mean()

"""The regularizer of Roth et al.: the two batches, weighted by how wrong the critic is about them."""

from typing import ClassVar

import torch
from torch import Tensor

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need
from gpreg_measures.endpoints import labels_of_both, sum_weights
from gpreg_measures.options import JensenShannonOptions


class JensenShannon(PenaltyMeasure):
    """mu = (1 - s)^2 p_d + s^2 p_g with s = sigmoid(D) (Roth et al. 2017, the Jensen-Shannon regularizer).

    Its mass depends on the critic and is at most 2; it is 1/2 at D = 0. The weights are differentiated with the
    penalty, as in the paper, unless ``detach`` is set.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"real", "fake"})

    def __init__(self, options: JensenShannonOptions) -> None:
        super().__init__()
        self.options = options

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """Both batches, real first, with weights that are a function of the critic's outputs there."""
        n_real = len(batch.real)
        masses = sum_weights(n_real, len(batch.fake), like=batch.real)

        def weights(outputs: Tensor) -> Tensor:
            s = outputs.detach().sigmoid() if self.options.detach else outputs.sigmoid()
            return masses * torch.cat([1 - s[:n_real], s[n_real:]]).square()

        return PenaltySample(
            points=torch.cat([batch.real, batch.fake]), weights=weights, labels=labels_of_both(batch), at="real+fake"
        )

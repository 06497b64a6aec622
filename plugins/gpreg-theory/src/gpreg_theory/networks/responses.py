"""How a batch responds to a few directions of the critic's parameters: Q and K there, sample by sample."""

from dataclasses import dataclass

import numpy as np
import torch

from gpreg_theory.linear.game import Matrix, Vector
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Tell

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Responses:
    """How the penalised gradients and the critic's outputs change along k directions u.

    Attributes:
        gradients: ``(N, d, k)``, ``sqrt(m_i) B(x_i) u``; N = 0 for the zero measure.
        outputs: ``(n, k)``, ``<grad_psi D(x_i), u>`` on the real batch; n = 0 for a loss that is linear at 0, where
            they do not matter.
    """

    gradients: Array
    outputs: Array

    @classmethod
    def of(cls, point: GamePoint, directions: Matrix, stage: str = "", tell: Tell | None = None) -> "Responses":
        """Compute the responses along the columns of ``(p, k)``, with one pass over the sample for each."""
        gradients, outputs = [], []
        curved = bool(point.concave.curvature)
        for i, column in enumerate(directions.T, start=1):
            u = point.critic.convert(torch.from_numpy(np.ascontiguousarray(column)))
            gradients.append(point.penalty_response(u).flatten(1).double().cpu().numpy())
            moved = point.critic.moved(point.real, point.labels, u) if curved else u[:0]
            outputs.append(moved.double().cpu().numpy())
            if tell:
                tell(stage, i, directions.shape[1])
        return cls(
            gradients=np.stack(gradients, axis=-1) if gradients else np.zeros((0, 0, 0)),
            outputs=np.stack(outputs, axis=-1) if outputs else np.zeros((0, 0)),
        )

    @property
    def Q(self) -> Matrix:
        """``(k, k)``, ``U^T Q U``."""
        matrix: Matrix = np.tensordot(self.gradients, self.gradients, axes=([0, 1], [0, 1]))
        return matrix / max(len(self.gradients), 1)

    @property
    def K(self) -> Matrix:
        """``(k, k)``, ``U^T K U``."""
        matrix: Matrix = self.outputs.T @ self.outputs / max(len(self.outputs), 1)
        return matrix

    def penalty(self, i: int) -> Vector:
        """``(N,)``, ``m_j |B(x_j) u_i|^2``, whose mean is ``u_i^T Q u_i``."""
        terms: Vector = np.square(self.gradients[..., i]).sum(1)
        return terms

    def loss(self, i: int) -> Vector:
        """``(n,)``, whose mean is ``u_i^T K u_i``."""
        terms: Vector = np.square(self.outputs[:, i])
        return terms

    def turned(self, turn: Matrix) -> "Responses":
        """The responses along the columns of U times a matrix ``(k, k)``."""
        return Responses(gradients=self.gradients @ turn, outputs=self.outputs @ turn)

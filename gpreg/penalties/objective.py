"""The critic's whole objective, with each forward pass used for everything that it can serve."""

from dataclasses import dataclass
from typing import Any, Unpack

from torch import Tensor

from gpreg.interfaces import GANLoss
from gpreg.penalties.critics import critic_outputs
from gpreg.penalties.material import Material
from gpreg.penalties.penalty import Penalty, PenaltyTerms


@dataclass(frozen=True, kw_only=True)
class ObjectiveTerms:
    """One critic step's objective and its parts.

    Attributes:
        total: scalar, ``loss + penalty``; call its ``backward``.
        loss, penalty: its two parts, scalars.
        d_real, d_fake: ``(B,)``, the critic's outputs.
        terms: the penalty point by point; ``None`` in steps without one.
    """

    total: Tensor
    loss: Tensor
    penalty: Tensor
    d_real: Tensor
    d_fake: Tensor
    terms: PenaltyTerms | None


class CriticObjective:
    """``loss(D(real), D(fake)) + (rho/2) * E_mu[form(grad_x D)]``.

    Where the penalty's points are the real or the fake batch itself (``pd``, ``pg``, ``pd+pg``, ``js``), the forward
    pass of the loss is the one that the penalty differentiates: one forward and backward pass of the critic less a
    batch than with :class:`Penalty` alone.

    Args:
        loss: of the two players.
        penalty: where, what and how.
    """

    def __init__(self, loss: GANLoss, penalty: Penalty) -> None:
        self.loss, self.penalty = loss, penalty

    def __call__(self, critic: Any, real: Tensor, fake: Tensor, **material: Unpack[Material]) -> ObjectiveTerms:
        """One step's objective; arguments and errors as in :meth:`Penalty.forward`."""
        penalty = self.penalty
        batch = penalty.batch(critic, real, fake, **material)
        sample = penalty.draw(batch) if penalty.begin_step() else None
        at = sample.at if sample is not None else None

        parts = {"real": (batch.real, batch.labels), "fake": (batch.fake, batch.labels_of_fake)}
        shared = at.split("+") if at else []
        evaluation = (
            penalty.evaluate(critic, tuple(parts[p][0] for p in shared), tuple(parts[p][1] for p in shared))
            if shared
            else None
        )
        outputs = dict(zip(shared, evaluation.outputs, strict=True)) if evaluation else {}
        for part in ("real", "fake"):
            if part not in outputs:
                outputs[part] = critic_outputs(critic, *parts[part])
        terms = None if sample is None else penalty.terms(batch, sample, evaluation)

        loss = self.loss.critic_loss(outputs["real"], outputs["fake"]).mean()
        value = penalty.total(terms, like=loss)
        return ObjectiveTerms(
            total=loss + value,
            loss=loss,
            penalty=value,
            d_real=outputs["real"],
            d_fake=outputs["fake"],
            terms=terms,
        )

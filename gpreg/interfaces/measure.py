"""The penalty measure mu: where the critic's gradient is penalised."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Literal

from torch import Tensor, nn

from gpreg.interfaces.batch import PenaltyBatch, PenaltySample
from gpreg.interfaces.finding import CheckContext, Finding

Need = Literal["real", "fake", "latent", "critic", "generator"]


class PenaltyMeasure(nn.Module, ABC):
    """A finite measure mu on sample space, which may depend on the critic's and generator's parameters.

    The critic's objective is ``loss + (rho/2) * integral of form(grad_x D) d mu`` (Kim, Park and Hwang, Definition 4).
    A measure says how to draw from mu, nothing else: it never sees the form, the coefficient or the gradient.

    It is an ``nn.Module``, so that fixed points (buffers) and trainable parts (submodules) move with ``.to(device)``,
    are saved with the run, and are found by ``parameters()``.

    A subclass sets :attr:`needs` and implements :meth:`sample`; the other methods have sensible defaults.

    >>> class Midpoint(PenaltyMeasure):
    ...     needs = frozenset({"real", "fake"})
    ...
    ...     def sample(self, batch):
    ...         return PenaltySample(points=(batch.real + batch.fake) / 2)
    >>> gpreg.penalty(Midpoint, rho=2.0)(lambda x: 3 * x[:, 0], torch.randn(4, 2), torch.randn(4, 2)).item()
    9.0
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"real"})
    """The fields of the batch that :meth:`sample` reads; no others are computed for it."""

    couples: bool = False
    """Whether a point or its weight depends on more than one real or more than one fake sample, as on the standard
    deviation of a batch. The penalties of parts of a batch then do not average to the whole batch's."""

    def prepare(self, batch: PenaltyBatch) -> None:
        """Make anchors, an encoder, or whatever else depends on the shapes of the data.

        Called once before the first :meth:`sample` (and before an optimiser asks for :meth:`parameters`), with a
        batch like those to come. It must not change what a checkpoint has restored already, and must not use torch's
        global random state.
        """

    @abstractmethod
    def sample(self, batch: PenaltyBatch) -> PenaltySample | None:
        """Draw from mu.

        Called once a critic step, without gradient tracking. Random numbers come from ``batch.rng`` alone.

        Returns:
            Points ``(N, *x)`` with weights and labels; ``None`` for the zero measure.
        """

    def project(self, critic: nn.Module) -> None:
        """Project the critic's parameters in place after each of its optimiser steps; weight clipping lives here."""

    def auxiliary_loss(self, batch: PenaltyBatch) -> Tensor | None:
        """The scalar loss of the measure's trainable parameters; ``None`` if it has none.

        The trainer calls it once per critic step, with gradient tracking. The loss must have gradients by the measure's
        parameters only; they are kept apart from the critic's.
        """
        return None

    def path_encoder(self) -> nn.Module | None:
        """The encoder E, ``(B, *x) -> (B, z)``, if mu is the law of ``G(a E(x_d) + (1 - a) z)``; else ``None``.

        Checks of the theory examine whether E inverts the generator G.
        """
        return None

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Findings on assumptions of the convergence theorem that only this measure can make; by default none."""
        return ()

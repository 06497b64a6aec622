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
    """Which fields of the batch :meth:`sample` reads. Nothing else is computed on its behalf."""

    def prepare(self, batch: PenaltyBatch) -> None:
        """Make what depends on the shapes of the data: anchors, an encoder.

        Called once before the first :meth:`sample` (and before an optimiser asks for :meth:`parameters`), with a
        batch like those to come. Must leave alone what a checkpoint has already restored, and must not use torch's
        global random state.
        """

    @abstractmethod
    def sample(self, batch: PenaltyBatch) -> PenaltySample | None:
        """Draw from mu.

        Called once a critic step, without gradient tracking. Random numbers come from ``batch.rng`` alone.

        Returns:
            Points ``(N, *x)`` with weights and labels; or ``None`` for the zero measure, which costs nothing.
        """

    def project(self, critic: nn.Module) -> None:
        """Project the critic's parameters in place after each of its optimiser steps; weight clipping lives here."""

    def auxiliary_loss(self, batch: PenaltyBatch) -> Tensor | None:
        """The scalar that the measure's own parameters minimise, with gradients to them alone; ``None`` without any.

        Called with gradient tracking, once a critic step, by whoever trains. Its gradient is kept apart from the
        critic's.
        """
        return None

    def path_encoder(self) -> nn.Module | None:
        """E, ``(B, *x) -> (B, z)``, if mu is on paths between codes: the law of ``G(a E(x_d) + (1 - a) z)``.

        Checks of the theory look at whether it inverts the generator. ``None``: mu is something else.
        """
        return None

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """The measure's own evidence on the assumptions of the convergence theorem; by default none."""
        return ()

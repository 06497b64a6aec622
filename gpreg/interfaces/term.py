"""A term: a scalar that a player minimises besides its loss."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Generator as RandomState
from torch import Tensor, nn

from gpreg.interfaces.dataset import SampleSpec
from gpreg.interfaces.regularizer import PlayerName, Regularizer

Output = Literal["d_real", "d_fake"]


def of_this_process(tensor: Tensor) -> Tensor:
    """The tensor itself: the mean over the processes of a run that has only one."""
    return tensor


@dataclass(frozen=True, kw_only=True)
class TermBatch:
    """The input of a term in an update of a player, or in a part of it if gradients are accumulated.

    Attributes:
        step: number of the player's update, from 0; all parts of an update have the same number.
        real: ``(B, *x)``, drawn from p_d.
        fake: ``(B, *x)``, drawn from p_g; only in the generator's update with the generator's graph.
        latent: ``(B, z)``, the codes that ``fake`` was generated from.
        labels: ``(B,)`` of int64, the classes of ``real``; ``None`` for an unconditional model.
        fake_labels: ``(B,)``, the classes that ``fake`` was generated for; ``None`` for an unconditional model.
        d_real, d_fake: ``(B,)``, the critic's outputs, from the forward pass of the loss and with its graph, in float32
            or better. In the generator's update ``d_real`` has no graph, and is ``None`` unless the loss or a term
            needs it.
        critic: ``(B, *x) [, (B,)] -> (B,)``, with the run's augmentations, if there are any.
        generator: ``(B, z) [, (B,)] -> (B, *x)``.
        rng: the only source of randomness that a term may use; lives on the samples' device.
        gradient_scale: the loss scale of float16 training, for a term that takes a gradient itself, as in
            :class:`gpreg.Penalty`; ``None``: no scaling.
        averaged: the mean of a tensor over the processes of the run, without a graph. All processes must ask for it in
            the same updates, equally often.

    >>> def separation(batch):  # a term of the critic that keeps its outputs from growing
    ...     return (batch.d_real.mean() - batch.d_fake.mean()).square()
    """

    step: int
    real: Any
    fake: Any
    latent: Any
    labels: Tensor | None
    fake_labels: Tensor | None
    d_real: Any
    d_fake: Any
    critic: Any
    generator: Any
    rng: RandomState
    gradient_scale: float | Tensor | None = None
    averaged: Callable[[Tensor], Tensor] = of_this_process


class Term(nn.Module, Regularizer):
    """A scalar that a player minimises besides its loss (and, if it is the critic, the gradient penalty).

    It is an ``nn.Module``: what it remembers from step to step is in its buffers, which are saved with the run for each
    process separately. It must have no parameters, since no optimiser would train them.

    >>> class SmallOutputs(Term):
    ...     needs = frozenset({"d_fake"})
    ...
    ...     def forward(self, batch):
    ...         return 0.001 * batch.d_fake.square().mean()
    """

    needs: ClassVar[frozenset[Output]] = frozenset()
    """The outputs of the critic that :meth:`forward` reads."""

    player: PlayerName = "critic"
    """The player that minimises the term, if a recipe names it; a :class:`TermPair` has one for each."""

    every: int = 1
    """The term is computed only in each ``every``-th update, with weight ``every``."""

    @property
    def terms(self) -> "Mapping[PlayerName, Term]":
        """Itself, for its player."""
        return {self.player: self}

    def prepare(self, critic: nn.Module, generator: nn.Module, spec: SampleSpec) -> None:
        """Make what depends on networks and samples, such as buffers; called once, before the first step.

        Args:
            critic, generator: the networks, on their device.
            spec: the samples as the networks see them: without classes, unless training is conditional.

        Raises:
            UsageError: they do not have what the term needs, such as features; says what has.
        """

    @abstractmethod
    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, including its weight. Called with gradient tracking, and in half precision under autocast."""

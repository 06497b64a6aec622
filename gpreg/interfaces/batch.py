"""The input and the output of a penalty measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Generator as RandomState
from torch import Tensor

Critic = Callable[..., Tensor]
"""``critic(x)`` or ``critic(x, labels)``: ``(B, *x) [, (B,)] -> (B,)``."""


@dataclass(frozen=True, kw_only=True)
class PenaltyBatch:
    """The input of a penalty measure in one step. Everything is detached from the generator's graph.

    Attributes:
        real: ``(B, *x)``, drawn from p_d.
        fake: ``(B, *x)``, drawn from p_g.
        latent: ``(B, z)``, the codes that ``fake`` was generated from.
        labels: ``(B,)`` of int64, the classes of ``real``, and those of ``fake`` unless ``fake_labels`` is given.
        fake_labels: ``(B,)``, the classes that ``fake`` was generated for, if they differ from ``labels``.
        critic: ``(B, *x) [, (B,)] -> (B,)``.
        generator: ``(B, z) [, (B,)] -> (B, *x)``.
        rng: the only source of randomness that a measure may use; lives on the samples' device.

    A field is ``None`` only if the measure does not list it in :attr:`PenaltyMeasure.needs` (labels: only if the
    model is unconditional).

    >>> real, fake = torch.zeros(4, 2), torch.ones(4, 2)
    >>> batch = PenaltyBatch(real=real, fake=fake, rng=torch.Generator().manual_seed(0))
    >>> a = torch.rand(4, 1, generator=batch.rng)
    >>> points = a * batch.real + (1 - a) * batch.fake
    """

    rng: RandomState
    real: Any = None
    fake: Any = None
    latent: Any = None
    labels: Tensor | None = None
    fake_labels: Tensor | None = None
    critic: Any = None
    generator: Any = None

    @property
    def labels_of_fake(self) -> Tensor | None:
        """``(B,)``, the classes that ``fake`` was generated for; ``None`` for an unconditional model."""
        return self.labels if self.fake_labels is None else self.fake_labels


@dataclass(frozen=True, kw_only=True)
class PenaltySample:
    """Points drawn from a penalty measure, with their weights.

    The integral of a function h over mu is estimated by ``mean(weights * h(points))``.

    Attributes:
        points: ``(N, *x)``.
        weights: ``(N,)``, at least 0, with the mass of mu as their mean; or, for a mass that depends on the critic, a
            function from the critic's outputs at the points, ``(N,)``, to such weights; or ``None`` for a probability
            measure. A function is differentiated with the penalty unless it detaches its argument.
        labels: ``(N,)``, the class that the critic is conditioned on at each point; ``None`` if unconditional.
        at: ``"real"``, ``"fake"`` or ``"real+fake"`` if the points *are* that batch (both: real, then fake), so that
            loss and penalty can share the critic's forward pass; ``None`` if they are not.

    >>> sample = PenaltySample(points=torch.zeros(4, 2), weights=torch.full((4,), 2.0))
    >>> sample.weights.mean()  # the mass of mu
    tensor(2.)
    """

    points: Tensor
    weights: Tensor | Callable[[Tensor], Tensor] | None = None
    labels: Tensor | None = None
    at: Literal["real", "fake", "real+fake"] | None = None

"""The networks of a training loop that is not gpreg's, as an advisor sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import nn

from gpreg.interfaces.batch import PenaltyBatch, PenaltySample
from gpreg.interfaces.form import GradientForm
from gpreg.interfaces.loss import GANLoss


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Two networks of somebody's loop, with a batch and the parts of the penalty.

    Attributes:
        critic: ``(B, *x) [, (B,)] -> (B,)``; with its weights as they are.
        generator: ``(B, z) [, (B,)] -> (B, *x)``.
        batch: a batch with ``real``, ``fake`` and ``latent``; labels may be numbers of rows of a condition.
        draw: draws the points of the penalty for a batch, always with the same random numbers; ``None``: it has none.
        loss: the loss of the two players.
        form: the gradient form.
        of: what of the critic is penalised.
        critic_steps: how many critic steps the answer may cost; a step evaluates the critic on a real and a fake batch
            and at the points of the penalty, with the backward pass.

    >>> import dataclasses
    >>> [field.name for field in dataclasses.fields(Networks)]
    ['critic', 'generator', 'batch', 'draw', 'loss', 'form', 'of', 'critic_steps']
    """

    critic: nn.Module
    generator: nn.Module
    batch: PenaltyBatch
    draw: Callable[[PenaltyBatch], PenaltySample | None]
    loss: GANLoss
    form: GradientForm
    of: Literal["logit", "sigmoid"]
    critic_steps: int

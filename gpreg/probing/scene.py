"""A critic, a batch and a penalty that are evaluated again and again, and left as they were."""

import copy
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.calls import critic_outputs
from gpreg.critics.examination import Examination
from gpreg.critics.learnt import gradients, modules_behind, parameters_behind, placed, unchanged
from gpreg.errors import UsageError
from gpreg.interfaces import GANLoss, PenaltyBatch
from gpreg.penalties.assembly import loss as build_loss
from gpreg.penalties.autocast import at_least_float32
from gpreg.penalties.figures import norms_of
from gpreg.penalties.objective import CriticObjective
from gpreg.penalties.penalty import Penalty
from gpreg.probing.fakes import Made

DEFAULT_LOSS = "wasserstein"

UNDERFLOW = 1024.0
"""The loss scale under float16 autocast, if the penalty has none: without one, small gradients are 0 there."""

RATE, BETAS = 1e-4, (0.0, 0.9)
"""Adam's settings in WGAN-GP (Gulrajani et al. 2017, Algorithm 1)."""

Loss = str | GANLoss | type[GANLoss] | Callable[[Tensor, Tensor], Tensor]


class FunctionLoss(GANLoss):
    """A critic's loss that is a function of its outputs on both batches; there is none of a generator."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.function = function

    def critic_loss(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """What the function returns, a scalar or ``(B,)``."""
        return self.function(d_real, d_fake)

    def generator_loss(self, d_fake: Tensor, d_real: Tensor | None = None) -> Tensor:
        """There is none."""
        raise NotImplementedError("a probe evaluates the critic's loss alone")


def loss_of(given: Loss | None) -> tuple[GANLoss, str]:
    """The loss that is given by name, class, instance or as a function, and what to call it.

    Raises:
        UsageError: it is nothing of these.
    """
    if given is None:
        return build_loss(DEFAULT_LOSS), f"{DEFAULT_LOSS}, by default; loss= names another"
    if isinstance(given, str | GANLoss | type):
        built = build_loss(given)
        return built, given if isinstance(given, str) else type(built).__name__
    if callable(given):
        return FunctionLoss(given), getattr(given, "__name__", type(given).__name__)
    raise UsageError(
        f"loss is a {type(given).__name__}; it must be a loss, its name, or a function of d_real and d_fake"
    )


@dataclass(frozen=True, kw_only=True)
class Point:
    """The critic at some parameters.

    Attributes:
        loss, penalty: scalars with their graph; the penalty is ``E_mu[form]``, without its coefficient.
        gap: ``mean D(real) - mean D(fake)``.
        gradients: ``(N, *g)``, at the points of the penalty; ``None`` for the zero measure.
    """

    loss: Tensor
    penalty: Tensor
    gap: Tensor
    gradients: Tensor | None

    def objective(self, rho: float) -> Tensor:
        """``loss + (rho/2) E_mu[form]``."""
        return self.loss + 0.5 * rho * self.penalty

    def figures(self) -> dict[str, Tensor]:
        """Loss, penalty, gap and the norms of the gradients, as scalars on their device."""
        found = {"loss": self.loss.detach(), "penalty": self.penalty.detach(), "gap": self.gap.detach()}
        return found if self.gradients is None else found | norms_of(self.gradients)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is evaluated. Nothing of it is changed, and each evaluation has the same random numbers.

    Attributes:
        penalty: a copy, with the random state of the penalty's next step.
        examination: the penalty's, which remembers the critics that it has seen; a copy.
        critic, real: as given to the probe.
        made: the fake batch, and what else a step passes.
        loss: the critic's loss.
        modules: all that are run.
    """

    penalty: Penalty
    examination: Examination
    critic: Any
    real: Any
    made: Made
    loss: GANLoss
    modules: list[nn.Module]

    @classmethod
    def of(cls, penalty: Penalty, critic: Any, own: Made, real: Any, loss: GANLoss) -> "Scene":
        """Copy what might be changed."""
        return cls(
            penalty=copy.deepcopy(penalty),
            examination=penalty.examination.again(),
            critic=critic,
            real=real,
            made=own,
            loss=loss,
            modules=[*modules_behind(critic), *modules_behind(own.generator)],
        )

    def kept(self) -> AbstractContextManager[None]:
        """A region that leaves buffers and random states as they are."""
        return unchanged(self.modules, self.made.device)

    def batch(self, *, whole: bool = False) -> tuple[Penalty, PenaltyBatch]:
        """The penalty with its random numbers as at first, and a batch for it.

        Args:
            whole: with generator and codes also where the measure does not need them.
        """
        penalty = copy.deepcopy(self.penalty)
        penalty.examination = self.examination
        return penalty, penalty.batch(self.critic, self.real, self.made.fake, **self.made.material(whole=whole))

    def evaluate(self) -> Point:
        """Loss and penalty at the critic's parameters. Call it, and differentiate, inside :meth:`kept`."""
        penalty, batch = self.batch()
        sample = penalty.draw(batch)
        self.penalty._drawn = True  # what the measure returns has been examined
        if isinstance(self.loss, FunctionLoss) and len(batch.real) != len(batch.fake):
            terms = penalty.terms(batch, sample)
            tracked = penalty.examination.last(batch.critic).checkpointed
            d_real, d_fake = (
                at_least_float32(critic_outputs(batch.critic, points.detach().requires_grad_(tracked), labels))
                for points, labels in ((batch.real, batch.labels), (batch.fake, batch.labels_of_fake))
            )
            loss = self.loss.critic_loss(d_real, d_fake).mean()
        else:
            found = CriticObjective(self.loss, penalty).evaluate(batch, sample)
            loss, terms, d_real, d_fake = found.loss, found.terms, found.d_real, found.d_fake
        return Point(
            loss=loss,
            penalty=loss.new_zeros(()) if terms is None else terms.values.mean(),
            gap=d_real.mean() - d_fake.mean(),
            gradients=None if terms is None else terms.gradients,
        )

    def parameters(self) -> tuple[list[Tensor], int]:
        """The parameters that the critic learns, and how many passes of the critic it took to find them."""
        if isinstance(self.critic, nn.Module):
            return parameters_behind(self.critic), 0
        with self.kept(), torch.enable_grad():
            _, batch = self.batch()
            points = batch.real.detach().requires_grad_()  # a reentrant checkpoint has no graph without
            outputs = critic_outputs(batch.critic, points, batch.labels)
            return [own for own in parameters_behind(batch.critic, outputs) if own is not points], 1

    @property
    def scale(self) -> float | Tensor:
        """The factor of loss and penalty while they are differentiated by the parameters."""
        kind = self.made.device.type
        half = torch.is_autocast_enabled(kind) and torch.get_autocast_dtype(kind) == torch.float16
        own = self.penalty.gradient_scale
        return (UNDERFLOW if half else 1.0) if own is None else own

    def trial(
        self,
        rho: float,
        parameters: list[Tensor],
        parts: Sequence[list[Tensor]],
        optimizer: torch.optim.Optimizer | None,
        steps: int,
    ) -> Point:
        """The critic after steps with a coefficient, from its present parameters; without a graph.

        Args:
            rho: the coefficient.
            parameters: the critic's.
            parts: the gradients of loss and penalty at the present parameters.
            optimizer: see :func:`gpreg.probe`.
            steps: the number of steps.
        """
        values = [nn.Parameter(parameter.detach().clone()) for parameter in parameters]
        making = _copied(optimizer, parameters, values)
        found = [of_loss + 0.5 * rho * of_penalty for of_loss, of_penalty in zip(parts[0], parts[1], strict=True)]
        for step in range(steps):
            if step:
                with self.kept(), placed(parameters, values), torch.enable_grad():
                    found = gradients(self.evaluate().objective(rho), parameters, self.scale)
            for value, gradient in zip(values, found, strict=True):
                value.grad = gradient.to(value.dtype)
            _step(making)
        with self.kept(), placed(parameters, values), torch.no_grad():
            return self.evaluate()


def _step(optimizer: torch.optim.Optimizer) -> None:
    try:
        optimizer.step()
    except TypeError as error:
        raise UsageError(
            f"{type(optimizer).__name__} makes no step from one gradient: {error}",
            remedy="leave optimizer= out, or give one that does, such as torch.optim.Adam",
        ) from error


def _copied(
    optimizer: torch.optim.Optimizer | None, parameters: list[Tensor], values: list[nn.Parameter]
) -> torch.optim.Optimizer:
    """The optimizer with its state, for other tensors in the place of the parameters; by default a new Adam."""
    if optimizer is None:
        return torch.optim.Adam(values, lr=RATE, betas=BETAS)
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise UsageError(
            f"optimizer is a {type(optimizer).__name__}; it must be the critic's torch.optim.Optimizer",
            remedy="where a library has wrapped it, give the one inside",
        )
    known = {id(parameter) for parameter in parameters}
    if not any(id(own) in known for group in optimizer.param_groups for own in group["params"]):
        raise UsageError(
            "the optimizer has none of the critic's parameters",
            remedy="give optimizer= the critic's, not the generator's",
        )
    copied: torch.optim.Optimizer = copy.deepcopy(
        optimizer, {id(own): value for own, value in zip(parameters, values, strict=True)}
    )
    return copied

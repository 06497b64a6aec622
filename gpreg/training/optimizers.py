"""Build the players' optimisers, and schedule their learning rates and second betas."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.recipe import OptimizerSettings, ScheduleSettings
from gpreg.recipe.optimizers import OWN, known_optimizers


def build_optimizer(
    settings: OptimizerSettings, parameters: Iterable[Tensor], *, player: str, fused: bool
) -> torch.optim.Optimizer:
    """Build any optimiser of ``torch.optim``, or ``RMSpropTF``.

    Args:
        settings: class and arguments.
        parameters: the parameters to optimise.
        player: ``"critic"`` or ``"generator"``, for errors.
        fused: use the fused implementation if torch has one for this class and device.

    Raises:
        UsageError: the optimiser refuses an argument.
    """
    kind = known_optimizers()[settings.name]
    arguments: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.arguments.items()
    }
    parameters = list(parameters)
    try:
        if fused and arguments.get("fused") is None and arguments.get("foreach") is None:
            try:
                return cast(torch.optim.Optimizer, kind(parameters, **{**arguments, "fused": True}))
            except (TypeError, RuntimeError):  # the class, or the device, has no fused implementation
                pass
        return cast(torch.optim.Optimizer, kind(parameters, **arguments))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{player}_optimizer {settings.name} does not accept its arguments: {error}",
            remedy=f"the arguments are those of {OWN.get(settings.name, 'torch.optim')}.{settings.name}",
        ) from error


class Schedule:
    """A factor for both learning rates, one for the coefficient, and Adam's second beta, over the run.

    All go the same way, of which a share w is done in a step: ``1 + (final - 1) w`` are the factors, and
    ``beta + (beta2_final - beta) w`` is the beta. ``constant``: w = 0. ``linear``: ``w = t``. ``cosine``:
    ``w = (1 - cos(pi t)) / 2``; t goes from 0 at the first step to 1 at the horizon, and stays there. With restarts, t
    goes from 0 to 1 between any two, and from the last one to the horizon (warm restarts: Loshchilov and Hutter, 2017,
    SGDR).

    A warm-up of W steps multiplies the learning rates of step n, counted from 0, by ``min(n / W, 1)``, whatever the
    shape (Goyal et al., 2017, section 2.2).

    Args:
        settings: shape and final values.
        steps: generator iterations of the run, the horizon unless the settings name one.

    Attributes:
        moves: whether anything changes.
    """

    def __init__(self, settings: ScheduleSettings, steps: int) -> None:
        self._settings = settings
        self._starts = [0, *sorted(settings.restarts)]
        self._horizon = settings.horizon or steps
        self._beta2 = settings.beta2_final if settings.name != "constant" else None
        self.moves = settings.name != "constant" or settings.warmup > 0

    def __call__(self, step: int) -> tuple[float, float]:
        """The factors of learning rate and coefficient in a generator step, counted from 0."""
        settings, way = self._settings, self.way(step)
        rate = 1 + (settings.final - 1) * way
        if step < settings.warmup:
            rate *= step / settings.warmup
        return rate, 1 + (settings.rho_final - 1) * way

    def follow(self, optimizer: torch.optim.Optimizer, step: int) -> None:
        """Set the learning rates, and the second betas, of a generator step; of a schedule that moves nothing, none."""
        if not self.moves:
            return
        rate, _ = self(step)
        set_rates(optimizer, initial_rates(optimizer), rate)
        if self._beta2 is None:
            return
        for group in optimizer.param_groups:
            first, second = group.setdefault("initial_betas", group["betas"])
            group["betas"] = (first, second + (self._beta2 - second) * self.way(step))

    def way(self, step: int) -> float:
        """How far a generator step is on the way to the final values, from 0 to 1; 0 if all is constant."""
        if self._settings.name == "constant":
            return 0.0
        leg = bisect_right(self._starts, step)
        start = self._starts[leg - 1]
        end = self._starts[leg] if leg < len(self._starts) else self._horizon
        t = min((step - start) / (end - start), 1.0) if end > start else 1.0
        return t if self._settings.name == "linear" else (1 - math.cos(math.pi * t)) / 2


def initial_rates(optimizer: torch.optim.Optimizer) -> list[float]:
    """The learning rate of each group without schedule, which is kept in the group, so that a checkpoint has it."""
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
    return [group["initial_lr"] for group in optimizer.param_groups]


def set_rates(optimizer: torch.optim.Optimizer, rates: list[float], factor: float) -> None:
    """Set the learning rates to the initial ones times a factor."""
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate * factor

"""One player of several runs, with one optimiser of its stacked parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gpreg.interfaces import PenaltyMeasure
from gpreg.recipe import OptimizerSettings
from gpreg.training.joint.stack import Stack
from gpreg.training.optimizers import Schedule, build_optimizer, initial_rates
from gpreg.training.players import Player, Projection

COUNT = "step"
"""The one entry of an optimiser's state that is no tensor of the parameter's shape: the number of steps."""


class JointPlayer:
    """The critics, or the generators, of several runs.

    Its optimiser computes element by element, so that one of the stacked parameters does what each run's own would.

    Args:
        players: of the runs, after the same number of steps.
        stack: of their networks.
        settings: of the optimiser.
        fused: as in :func:`gpreg.training.optimizers.build_optimizer`.

    Attributes:
        stack: as given; it has taken the networks over.
        parameters: the stacked parameters.
        optimizer: of the stacked parameters.
    """

    def __init__(self, players: Sequence[Player], stack: Stack, settings: OptimizerSettings, *, fused: bool) -> None:
        self._players, self.stack = players, stack.take_over()
        self.parameters = list(stack.parameters.values())
        self.optimizer = build_optimizer(settings, self.parameters, player=players[0].name, fused=fused)
        self._followed: tuple[Schedule, int] | None = None
        self._projections = [
            (index, constraint)
            for index, player in enumerate(players)
            for constraint in player.constraints.values()
            if _projects(constraint)
        ]
        self._take_state()

    def follow(self, schedule: Schedule, step: int) -> None:
        """Set the learning rates and second betas of a step."""
        self._followed = schedule, step
        schedule.follow(self.optimizer, step)

    def backward(self, totals: Tensor) -> None:
        """Gradients of each run's objective, ``(N,)``; a run's parameters move only its own."""
        self.optimizer.zero_grad()
        totals.sum().backward(inputs=self.parameters)

    def update(self) -> list[Tensor]:
        """One step of the optimiser; the norm ``(N,)`` of each parameter's gradient."""
        norms = [_norms(parameter) for parameter in self.parameters]
        self.optimizer.step()
        if self._projections:
            with torch.no_grad():
                for index, project in self._projections:
                    project(self._players[index].network)
                    self.stack.adopt(index)
        return norms

    def publish(self) -> None:
        """Give each run's own optimiser its part of the state, and the learning rates and second betas."""
        for index, player in enumerate(self._players):
            initial_rates(player.optimizer)
            if self._followed:
                schedule, step = self._followed
                schedule.follow(player.optimizer, step)
            for own, stacked in zip(player.parameters, self.parameters, strict=True):
                if stacked in self.optimizer.state:
                    player.optimizer.state[own] = _row(self.optimizer.state[stacked], index)

    def _take_state(self) -> None:
        for position, stacked in enumerate(self.parameters):
            states = [player.optimizer.state.get(player.parameters[position], {}) for player in self._players]
            if states[0]:
                self.optimizer.state[stacked] = {name: _whole(name, states) for name in states[0]}


def _projects(constraint: object) -> bool:
    """Whether a constraint does anything: most measures leave the weights as they are."""
    inherited = PenaltyMeasure.project
    return not (isinstance(constraint, Projection) and getattr(constraint.project, "__func__", None) is inherited)


def _norms(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        return parameter.new_zeros(len(parameter))
    norms: Tensor = torch.linalg.vector_norm(parameter.grad.reshape(len(parameter), -1), dim=1)
    return norms


def _row(state: Mapping[str, Any], index: int) -> dict[str, Any]:
    """One run's part; copied, because a file of a view would contain all that it is a view of."""
    return {
        name: value if not isinstance(value, Tensor) else value.clone() if name == COUNT else value[index].clone()
        for name, value in state.items()
    }


def _whole(name: str, states: Sequence[Mapping[str, Any]]) -> Any:
    values = [state[name] for state in states]
    if not isinstance(values[0], Tensor):
        return values[0]
    return values[0].clone() if name == COUNT else torch.stack(values)

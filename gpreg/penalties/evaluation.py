"""The critic's values at the penalty's points, and at points nearby."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from gpreg.critics.adapted import underlying, units_of
from gpreg.critics.calls import critic_outputs
from gpreg.critics.examination import Found

if TYPE_CHECKING:
    from gpreg.penalties.estimators import Estimator


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The critic's values at the penalty's points, with their graph.

    Attributes:
        inputs: ``(B_i, *x)``, together the points; they require a gradient if the estimator takes one.
        labels: ``(B_i,)`` or ``None`` for each input.
        outputs: the critic's raw outputs ``(B_i,)``, with the graph back to ``inputs``; empty if nobody needs them.
        values: the values to differentiate, ``(B_i,)``: the outputs or their sigmoid.
        starts: where each input's forward pass began, for estimators that repeat it at other points; ``None``: the
            critic draws no random numbers and changes no buffers.
        tracked: whether the points of further forward passes must require a gradient.
        kept: whether the graph of ``outputs`` is needed again after the estimator.
        scale: see :attr:`gpreg.Penalty.gradient_scale`.
        units: the units of the coordinates, which broadcast to the points: the gradient is taken by u, where
            x = units * u; ``None``: by x.
    """

    inputs: tuple[Tensor, ...]
    labels: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    starts: tuple["Start | None", ...]
    tracked: bool = False
    kept: bool = True
    scale: float | Tensor | None = None
    units: float | Tensor | None = None

    @property
    def points(self) -> Tensor:
        """All points, ``(N, *x)``, detached."""
        return self.inputs[0].detach() if len(self.inputs) == 1 else torch.cat([x.detach() for x in self.inputs])

    def moved(self, points: Tensor, by: Tensor) -> Tensor:
        """Points that are moved by a vector ``(N, *x)`` in the units of the coordinates."""
        return points + (by if self.units is None else by * self.units)

    def at(self, critic: Any, squash: Any, by: Tensor | None = None) -> Tensor:
        """The values ``(N,)`` at points that are moved by vectors ``(N, *x)``, all else being equal.

        Each input's forward pass begins where its own began: the critic draws the same dropout masks, and its power
        iterations end in the same weights, so that a difference of two values is due to the points alone. Several
        inputs are one batch if the critic has no such state.

        Args:
            critic, squash: as in :class:`gpreg.penalties.Estimator`.
            by: the vectors, in the units of the coordinates; ``None``: the points themselves.
        """
        points = tuple(x.detach() for x in self.inputs)
        if by is not None:
            parts = by.split([len(x) for x in points])
            points = tuple(self.moved(x, part) for x, part in zip(points, parts, strict=True))
        values = self._run(critic, squash, tuple(x.requires_grad_(self.tracked) for x in points))
        return values[0] if len(values) == 1 else torch.cat(values)

    def renewed(self, critic: Any, squash: Any) -> "Evaluation":
        """The same values with a graph of their own, which may be freed."""
        inputs = tuple(x.detach().requires_grad_() for x in self.inputs)
        return replace(self, inputs=inputs, values=self._run(critic, squash, inputs), kept=False)

    def _run(self, critic: Any, squash: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        labels = self.labels
        if len(inputs) > 1 and not any(self.starts):
            inputs = (torch.cat(inputs),)
            labels = (None if labels[0] is None else torch.cat([y for y in labels if y is not None]),)
        values = []
        for x, y, start in zip(inputs, labels, self.starts, strict=False):
            with start.pass_() if start else nullcontext():
                values.append(squash(critic_outputs(critic, x, y)))
        return tuple(values)


def evaluated(
    critic: Any,
    inputs: tuple[Tensor, ...],
    labels: tuple[Tensor | None, ...],
    *,
    estimator: "Estimator",
    squash: Any,
    found: Found,
    kept: bool,
    scale: float | Tensor | None,
) -> Evaluation:
    """Evaluate a critic at the penalty's points, as far as the estimator or anybody else needs it.

    Args:
        critic, squash: as in :class:`gpreg.penalties.Estimator`.
        inputs: the points, ``(B_i, *x)``; the critic runs on detached ones.
        estimator: the estimator.
        found: what examining the critic found.
        labels, kept, scale: as in :class:`Evaluation`.
    """
    run = kept or estimator.uses_values(inputs[0].device.type)
    inputs = tuple(x.detach().requires_grad_(found.checkpointed or estimator.derivatives > 0) for x in inputs)
    starts, outputs = [], []
    with torch.enable_grad():
        for x, y in zip(inputs, labels, strict=True):
            start = Start(critic, x.device) if found.stateful and estimator.repeats else None
            starts.append(start)
            if run:
                with start.pass_() if start else nullcontext():
                    outputs.append(critic_outputs(critic, x, y))
        values = tuple(map(squash, outputs))
    return Evaluation(
        inputs=inputs,
        labels=labels,
        outputs=tuple(outputs),
        values=values,
        starts=tuple(starts),
        tracked=found.checkpointed,
        kept=kept,
        scale=scale,
        units=units_of(critic),
    )


class Start:
    """Where a forward pass of the critic begins: torch's random state, and the critic's buffers.

    Args:
        critic: the critic.
        device: the points' device.
    """

    def __init__(self, critic: Any, device: torch.device) -> None:
        self._device = device
        self._random = self._state()
        own = underlying(critic)
        buffers = own.buffers() if isinstance(own, nn.Module) else ()
        self._buffers = [(buffer, buffer._version, buffer.detach().clone()) for buffer in buffers]
        self._left = False

    @contextmanager
    def pass_(self) -> Iterator[None]:
        """A forward pass in the block. The second one begins where the first did, and leaves the state as it was."""
        if not self._left:
            self._left = True
            yield
            return
        now = self._state()
        self._set(self._random)
        with torch.no_grad():
            for buffer, version, value in self._buffers:
                if buffer._version != version:
                    buffer.copy_(value)
        yield
        self._set(now)

    def _state(self) -> list[Tensor]:
        cuda = [torch.cuda.get_rng_state(self._device)] if self._device.type == "cuda" else []
        return [torch.get_rng_state(), *cuda]

    def _set(self, states: list[Tensor]) -> None:
        cpu, *cuda = states
        torch.set_rng_state(cpu)
        for state in cuda:
            torch.cuda.set_rng_state(state, self._device)

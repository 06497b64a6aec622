"""Estimators of the critic's gradient: exact, which needs double backward, and by finite differences.

This is the only file that calls :func:`torch.autograd.grad` for a penalty.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.critics.refusals import not_differentiable, unreached
from gpreg.errors import UsageError
from gpreg.interfaces import GradientForm
from gpreg.penalties.autocast import at_least_float32, outside_autocast
from gpreg.penalties.evaluation import Evaluation
from gpreg.penalties.randomness import normal


class Estimator(ABC):
    """Gives the critic's gradient at each point, differentiable in the critic's parameters.

    >>> penalties = [gpreg.penalty("pd", rho=2.0, estimator=estimator) for estimator in ("exact", "finite-difference")]
    >>> [round(penalty(lambda x: x[:, 0], torch.ones(4, 2)).item(), 3) for penalty in penalties]
    [1.0, 1.0]
    """

    @abstractmethod
    def __call__(self, evaluation: Evaluation, critic: Any, squash: Any, rng: torch.Generator) -> Tensor:
        """Estimate the gradients.

        Args:
            evaluation: the critic's values at the points, with their graph.
            critic: the critic, for evaluations at other points.
            squash: the function from outputs to values (identity or sigmoid).
            rng: the source of random directions.

        Returns:
            ``(N, *g)``, whose Euclidean norm over all axes but the first is the gradient's norm or an estimate of it.
        """

    def check_form(self, form: GradientForm) -> None:  # noqa: B027 -- most estimators suit every form
        """Raise UsageError for a form that this estimator cannot serve."""

    @property
    def derivatives(self) -> int:
        """How often it differentiates the critic by its input. 2 is double backward, 0 needs no gradient there."""
        return 1

    @property
    def repeats(self) -> bool:
        """Whether it runs the critic again, at other points."""
        return True

    def uses_values(self, device_type: str) -> bool:
        """Whether it uses the critic's values at the points, :attr:`Evaluation.values`."""
        return True


@dataclass(frozen=True)
class Exact(Estimator):
    """The gradient itself, by double backward.

    >>> gpreg.penalty("pd", rho=2.0, estimator=Exact())(lambda x: x[:, 0] ** 3, torch.ones(4, 2)).item()
    9.0
    """

    derivatives = 2
    repeats = False

    def __call__(self, evaluation: Evaluation, critic: Any, squash: Any, rng: torch.Generator) -> Tensor:
        """``(N, *x)``: the gradient at each point."""
        return _gradient(evaluation, create_graph=True)


@dataclass(frozen=True)
class FiniteDifference(Estimator):
    r"""Central differences, for critics whose operators cannot be differentiated twice.

    Along the gradient's own direction ``u = grad D / |grad D|``, held fixed, the difference quotient is::

        n = (D(x + h u) - D(x - h u)) / (2 h) = |grad D| + (h^2/6) d^3 D/du^3 + O(h^4),

    and its parameter gradient is that of ``|grad D|`` up to O(h^2), because ``|grad D|`` is the maximum over unit u of
    ``u . grad D``: the motion of u with the parameters does not count to first order. Exact for a piecewise linear
    critic whose kinks are further than h away. It costs one gradient and two further evaluations, and no double
    backward.

    Along K random unit directions, ``|grad D|^2`` is estimated by ``(d/K) sum_k (u_k . grad D)^2``: unbiased for the
    squared form up to O(h^2), with relative variance about 2/K. It costs 2 K evaluations and no gradient by x.

    Evaluations run outside autocast: differences of half-precision outputs are noise. Both sides of a difference are
    evaluated anew; :class:`gpreg.penalties.Noise` is one-sided and uses the value that is there.

    Args:
        step: h, in the units of x; by default the cube root of the dtype's epsilon (0.005 in float32).
        directions: K; by default the gradient's own direction.

    >>> estimator = FiniteDifference(step=0.01)
    >>> round(gpreg.penalty("pd", rho=2.0, estimator=estimator)(lambda x: x[:, 0] ** 2, torch.ones(4, 2)).item(), 3)
    4.0
    """

    step: float | None = None
    directions: int | None = None

    def __post_init__(self) -> None:
        if self.step is not None and not self.step > 0:
            raise UsageError(f"the finite-difference step is {self.step}; it must be > 0")
        if self.directions is not None and self.directions < 1:
            raise UsageError(f"the number of finite-difference directions is {self.directions}; it must be >= 1")

    @property
    def derivatives(self) -> int:
        """1 along the gradient, 0 along random directions."""
        return 1 if self.directions is None else 0

    def uses_values(self, device_type: str) -> bool:
        """Along the gradient, which is taken of them."""
        return self.directions is None

    def __call__(self, evaluation: Evaluation, critic: Any, squash: Any, rng: torch.Generator) -> Tensor:
        """``(N, 1)`` along the gradient, ``(N, K)`` along random directions."""
        points = evaluation.points
        step = self.step or torch.finfo(points.dtype).eps ** (1 / 3)
        if self.directions is None:
            directions, scale = [_unit(_gradient_once(evaluation, critic, squash))], 1.0
        else:
            directions = [_unit(normal(points, rng)) for _ in range(self.directions)]
            scale = (points[0].numel() / self.directions) ** 0.5
        with outside_autocast(points.device.type):
            quotients = [
                evaluation.at(critic, squash, step * u) - evaluation.at(critic, squash, -step * u) for u in directions
            ]
        return torch.stack(quotients, dim=1) * (scale / (2 * step))

    def check_form(self, form: GradientForm) -> None:
        """Refuse forms that are not functions of the norm, or, along random directions, not quadratic."""
        if not form.radial:
            raise UsageError(
                f"{type(form).__name__} depends on the gradient's direction, which finite differences do not give",
                remedy="use the estimator 'exact'",
            )
        if self.directions is not None and not form.quadratic:
            raise UsageError(
                f"{type(form).__name__} is not quadratic, so that random directions would estimate it with a bias",
                remedy="use the form 'squared', or finite differences along the gradient (directions=None)",
            )


def cotangents(values: tuple[Tensor, ...], scale: float | Tensor | None) -> tuple[Tensor, ...]:
    """The vectors that backpropagation to the points starts from.

    They are ones, for the gradient of ``sum(values)``. With a scale the gradient is that of ``scale * mean(values)``,
    which is of the same size as the critic's loss under this loss scale.
    """
    ones = tuple(map(torch.ones_like, values))
    if scale is None:
        return ones
    n = sum(map(len, values))
    return tuple(one * (scale / n) for one in ones)


def gradient_at_points(
    parts: tuple[Tensor, ...], scale: float | Tensor | None, units: float | Tensor | None = None
) -> Tensor:
    """Concatenate the gradients that :func:`cotangents` led to, ``(N, *x)``, and divide out the scale in float32.

    With ``units`` it is the gradient by u, where x = units * u.
    """
    grad = parts[0] if len(parts) == 1 else torch.cat(parts)
    grad = grad if scale is None else at_least_float32(grad) * (len(grad) / scale)
    return grad if units is None else grad * units


def _gradient(evaluation: Evaluation, *, create_graph: bool) -> Tensor:
    if not all(value.requires_grad for value in evaluation.values):
        raise unreached()
    try:
        parts = torch.autograd.grad(
            evaluation.values,
            evaluation.inputs,
            cotangents(evaluation.values, evaluation.scale),
            create_graph=create_graph,
            retain_graph=create_graph or evaluation.kept,
            allow_unused=True,
            materialize_grads=True,
        )
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise not_differentiable(error, 2 if create_graph else 1) from error
    return gradient_at_points(parts, evaluation.scale, evaluation.units)


def _gradient_once(evaluation: Evaluation, critic: Any, squash: Any) -> Tensor:
    """The gradient without a graph, and without freeing the graph of values that are needed again.

    What torch.compile made gives a gradient only if its graph is freed. So there it is taken of a forward pass of its
    own, which is one more, and only where the values are needed again.
    """
    try:
        return _gradient(evaluation, create_graph=False)
    except UsageError as refusal:
        if not evaluation.kept or "donated buffer" not in str(refusal.__cause__):
            raise
    return _gradient(evaluation.renewed(critic, squash), create_graph=False)


def _unit(vectors: Tensor) -> Tensor:
    """``(N, *x)`` scaled to norm 1; a zero vector stays zero."""
    flat = vectors.flatten(1)
    norm = torch.linalg.vector_norm(flat, dim=1, keepdim=True)
    unit: Tensor = flat / norm.clamp_min(torch.finfo(flat.dtype).tiny)
    return unit.view_as(vectors)

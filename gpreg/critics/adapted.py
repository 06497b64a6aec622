"""Critics of any kind, seen as what a measure knows: a critic of points ``(N, *x)``, one number each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any

from torch import Tensor, nn

from gpreg.critics.conditions import Table
from gpreg.critics.layout import Layout
from gpreg.critics.nests import leaves, rebuild
from gpreg.critics.outputs import Outputs, one_a_sample
from gpreg.critics.wrapping import how_it_was_called, how_to_wrap
from gpreg.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class AdaptedCritic:
    """A critic of points: ``(N, *x) [, (N,)] -> (N,)``.

    Attributes:
        critic: the user's critic, which takes a nest and perhaps a condition.
        layout: how points become its input.
        outputs: how its outputs become one number a sample.
        table: what belongs to the samples besides the points, or ``None``.
        condition: a nest with the containers of the condition; ``None``: the critic takes none.
        units: the units of the coordinates, that is x = units * u if the gradient is taken by u.
    """

    critic: Any
    layout: Layout
    outputs: Outputs | None
    table: Table | None
    condition: Any
    units: Tensor | float | None

    def __call__(self, points: Tensor, numbers: Tensor | None = None) -> Tensor:
        """One number a point.

        Args:
            points: ``(N, *x)``.
            numbers: ``(N,)``, the rows of the table that belong to the points.

        Raises:
            UsageError: the critic does not take such an input, or does not return one number a sample.
        """
        others, arguments = self._belonging(len(points), numbers)
        arguments = (self.layout.inputs(points, others), *arguments)
        try:
            outputs = self.critic(*arguments)
        except Exception as error:
            remedy = how_to_wrap(self.critic, arguments)
            if remedy and isinstance(error, TypeError):
                raise UsageError(f"the critic cannot be called so: {error}", remedy=remedy) from error
            error.add_note(how_it_was_called(arguments))
            raise
        return one_a_sample(outputs, len(points), self.outputs, self.layout.pack)

    def _belonging(self, n: int, numbers: Tensor | None) -> tuple[Mapping[str, Any], tuple[Any, ...]]:
        """The input's other leaves, and the critic's second argument, if it has one."""
        if self.table is None:
            return {path: leaf for path, leaf in leaves(self.layout.nest, "real").items() if constant(leaf)}, ()
        if numbers is None:
            raise UsageError(
                "the measure returned points without labels, so that nobody knows which condition belongs to them",
                remedy="return PenaltySample(points=..., labels=...) with the labels of the batch that they come from",
            )
        others, condition = self.table.at(numbers)
        rows_of_points = n * self.layout.pack
        return others, (rebuild(self.condition, condition, rows_of_points),) if self.condition is not None else ()


def underlying(critic: Any) -> Any:
    """The user's critic, behind a critic of points too; of a module's method, such as ``model.act``, the module."""
    own = critic.critic if isinstance(critic, AdaptedCritic) else critic
    if isinstance(own, MethodType) and isinstance(own.__self__, nn.Module):
        return own.__self__
    return own


def units_of(critic: Any) -> Tensor | float | None:
    """The units of the coordinates of a critic's points; ``None``: they are 1."""
    return critic.units if isinstance(critic, AdaptedCritic) else None


def adapted_generator(generator: Any, adapted: AdaptedCritic) -> Callable[..., Tensor]:
    """A generator of points: ``(N, z) [, (N,)] -> (N, *x)``."""
    if adapted.layout.pack > 1:
        raise UsageError(
            f"with pack={adapted.layout.pack} a sample is several rows, which no generator makes from one code",
            remedy="use a measure that does not need the generator",
        )

    def generate(codes: Tensor, numbers: Tensor | None = None) -> Tensor:
        _, condition = adapted._belonging(len(codes), numbers)
        return adapted.layout.points(leaves(generator(codes, *condition), "fake"))

    return generate


def constant(leaf: Any) -> bool:
    """Whether a leaf has no batch axis, so that it is handed through: what is no tensor, or one without axes."""
    return not isinstance(leaf, Tensor) or not leaf.ndim

"""Policies that need no result: the recipe's coefficient, a grid of them, the theory's, and equal damping."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from gpreg.errors import UsageError
from gpreg.sweeps.cell import Result
from gpreg.sweeps.policies.policy import Policy
from gpreg.sweeps.policies.template import Demand, Template, Wanted, distinct


class Fixed(Policy):
    """A policy whose runs are all known before the first."""

    def demand(self, templates: Sequence[Template], seeds: Sequence[int], results: Iterable[Result] = ()) -> Demand:
        """The runs to make. A row without a penalty, or that keeps its own coefficient, has one run a seed."""
        runs = [
            wanted
            for each in distinct(tuple(templates))
            for seed in seeds
            for wanted in ([_own(each, seed)] if each.why_kept else self._runs(each, seed))
        ]
        return Demand(wanted=tuple(runs))

    def _runs(self, template: Template, seed: int) -> list[Wanted]:
        return [_own(template, seed)]


@dataclass(frozen=True)
class RecipeRho(Fixed):
    """Each row has the coefficient of its recipe.

    >>> row = Template(row="mid", column="8gaussians", rho=2.0, steps=500)
    >>> [run.rho for run in RecipeRho().demand([row], seeds=[0, 1]).wanted]
    [2.0, 2.0]
    """

    name: ClassVar[str] = "recipe"

    @property
    def table(self) -> dict[str, Any]:
        """The table ``[rho]`` that means this policy."""
        return {"policy": self.name}


@dataclass(frozen=True)
class GridRho(Fixed):
    """Each row is trained with each of the values.

    Attributes:
        values: the coefficients, ascending.

    >>> rows = [Template(row=each, column="8gaussians", rho=2.0, steps=500, penalised=each != "wgan") for each in
    ...         ("mid", "wgan")]
    >>> [(run.template.row, run.rho) for run in GridRho((0.1, 1.0)).demand(rows, seeds=[0]).wanted]
    [('mid', 0.1), ('mid', 1.0), ('wgan', 2.0)]
    """

    values: tuple[float, ...]
    name: ClassVar[str] = "grid"

    @property
    def table(self) -> dict[str, Any]:
        """The table ``[rho]`` that means this policy."""
        return {"policy": self.name, "values": list(self.values)}

    def _runs(self, template: Template, seed: int) -> list[Wanted]:
        return [Wanted(template=template, rho=rho, seed=seed) for rho in self.values]


@dataclass(frozen=True)
class AutoRho(Fixed):
    """Each run has the coefficient that an advisor chooses at its start: of gpreg-theory, that of the linearised game.

    >>> row = Template(row="mid", column="8gaussians", rho=2.0, steps=500)
    >>> AutoRho().demand([row], seeds=[0]).wanted[0].choices
    {'penalty.rho': 'auto', 'training.seed': 0}
    """

    name: ClassVar[str] = "auto"

    @property
    def table(self) -> dict[str, Any]:
        """The table ``[rho]`` that means this policy."""
        return {"policy": self.name}

    def _runs(self, template: Template, seed: int) -> list[Wanted]:
        return [Wanted(template=template, rho="auto", seed=seed)]


@dataclass(frozen=True)
class EqualRho(Fixed):
    """Each run has the coefficient with which ``rho * trace Q``, its damping summed over all directions, is the same.

    Attributes:
        trace: the ``rho * trace Q``; one number for all columns, or one for each.

    >>> row = Template(row="mid", column="8gaussians", rho=2.0, steps=500)
    >>> EqualRho(10.0).demand([row], seeds=[0]).wanted[0].choices
    {'penalty.rho': 'auto', 'training.seed': 0, 'penalty.rho_trace': 10.0}
    """

    trace: float | Mapping[str, float] = field(default_factory=dict)
    name: ClassVar[str] = "equal"

    @property
    def table(self) -> dict[str, Any]:
        """The table ``[rho]`` that means this policy."""
        trace = dict(self.trace) if isinstance(self.trace, Mapping) else self.trace
        return {"policy": self.name, **({"trace": trace} if trace else {})}

    def _runs(self, template: Template, seed: int) -> list[Wanted]:
        trace = self.trace.get(template.column) if isinstance(self.trace, Mapping) else self.trace
        if trace is None:
            raise UsageError(
                f"rho.trace has no number for column {template.column!r}",
                remedy='write one for all, as in trace = 10, or one for each: trace = {"8gaussians" = 10}',
            )
        return [Wanted(template=template, rho="auto", seed=seed, extra={"penalty.rho_trace": trace})]


def _own(template: Template, seed: int) -> Wanted:
    """A run with the coefficient of its recipe."""
    return Wanted(template=template, rho=template.rho, seed=seed)

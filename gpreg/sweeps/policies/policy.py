"""A policy: which coefficient each row of a sweep is given."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from gpreg.sweeps.cell import Result
from gpreg.sweeps.policies.choice import Tuned
from gpreg.sweeps.policies.template import Demand, Template


class Policy(ABC):
    """Gives rows their coefficients. It is a function of results alone, so that a sweep that was stopped goes on alike.

    Attributes:
        name: what the sweep's file calls it.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def table(self) -> dict[str, Any]:
        """The table ``[rho]`` that means this policy, with every value stated."""

    @abstractmethod
    def demand(self, templates: Sequence[Template], seeds: Sequence[int], results: Iterable[Result]) -> Demand:
        """The runs to make.

        Args:
            templates: each row in each column.
            seeds: those of the runs that are reported.
            results: what became of the runs that were asked for so far, in any order.
        """

    def choices(self, templates: Sequence[Template], results: Iterable[Result]) -> tuple[Tuned, ...]:
        """How each row's coefficient was chosen by scores; empty for a policy that looks at none."""
        return ()

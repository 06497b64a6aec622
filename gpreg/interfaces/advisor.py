"""The advisor: what judges a choice before its first step and while it trains, and what chooses its coefficient."""

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

if TYPE_CHECKING:
    from gpreg.errors import GpregError
    from gpreg.recipe import Recipe
    from gpreg.runs.plan import Plan
    from gpreg.training.setup import Setup


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What an advisor says of a set-up.

    Attributes:
        lines: what to tell whoever trains, a line each.
        document: all of it, as JSON knows it; the run keeps it.
        refusal: why a strict run must not go on, an error to be raised; ``None``: nothing speaks against it.
        details: the advisor's own object, for whoever knows the advisor.

    >>> advice = Advice(lines=("One mode of eight is not damped.",), document={"damped": 7, "modes": 8})
    >>> advice.refusal is None
    True
    """

    lines: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    refusal: "GpregError | None" = None
    details: Any = None


@dataclass(frozen=True, kw_only=True)
class ChosenRho:
    """A number for ``rho = auto``.

    Attributes:
        rho: the coefficient of ``(rho/2) E_mu[form(grad D)]``.
        because: the reason, in words.
        document: how it was chosen, as JSON knows it; the run keeps it.

    >>> ChosenRho(rho=2.0, because="it damps the slowest mode most").rho
    2.0
    """

    rho: float
    because: str
    document: Mapping[str, Any] = field(default_factory=dict)


class Advisor(ABC):  # noqa: B024 -- every method has a default: an advisor says what it can
    """Looks at everything that a run is made of, and changes nothing of it: no weight, no random number is drawn.

    It is asked before the first step, at ticks, and for a coefficient. All that a set-up holds may be looked at.

    >>> class Cautious(Advisor):
    ...     def choose_rho(self, setup):
    ...         return ChosenRho(rho=0.1, because="a small one does little harm")
    >>> Cautious().advise(setup=None) is None
    True
    """

    def advise(self, setup: "Setup", *, step: int = 0, reference: nn.Module | None = None) -> Advice | None:
        """Judge.

        Args:
            setup: what is trained, and with what.
            step: generator steps done; 0: nothing is trained yet.
            reference: the critic at its initial weights; ``None``: the set-up's own is that.
        """
        return None

    def choose_rho(self, setup: "Setup") -> ChosenRho | None:
        """Choose the coefficient; ``None``: this advisor does not choose any.

        Raises:
            UsageError: there is no best one; says why.
        """
        return None

    def compare(self, setup: "Setup", chosen_for: "Recipe") -> str:
        """What to know of a rho that was chosen for another measure or form; empty: nothing.

        Args:
            setup: as it is to be trained.
            chosen_for: the recipe with the measure and the form that its rho was chosen for.
        """
        return ""

    def recall(self, document: Mapping[str, Any]) -> str | None:
        """Why a strict run whose newest advice is this document must not go on; ``None``: nothing speaks against it."""
        return None

    def check(self, plan: "Plan", *, run: Path | None = None, step: int | str | None = None, **wishes: Any) -> Any:
        """This advisor's own report, for :meth:`gpreg.Experiment.check` and :meth:`gpreg.Run.check`.

        Args:
            plan: what would be trained, or what the run was trained by.
            run: the folder of the run; ``None``: nothing is trained.
            step: of its checkpoint; ``"best"``: by score; ``None``: the newest.
            wishes: what else the advisor can be asked.

        Returns:
            an object of the advisor; ``None``: it has no report.
        """
        return None

    def stability(self, plan: "Plan", *, run: Path | None = None, step: int | str | None = None, **wishes: Any) -> Any:
        """What this advisor knows of the game's stability; arguments and result as of :meth:`check`."""
        return None

"""The advisor: what judges a choice before its first step and while it trains, and what chooses its coefficient."""

import json
import math
from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from gpreg.errors import AssumptionViolated
from gpreg.registry.wording import reason_of, shown, type_name

if TYPE_CHECKING:
    from pathlib import Path

    from gpreg.recipe import Recipe
    from gpreg.runs.plan import Plan
    from gpreg.training.setup import Setup


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When a set-up is looked at.

    Attributes:
        step: generator steps done.
        reference: the critic at its initial weights, where the set-up's networks are trained; ``None``: nothing is
            trained yet, and the set-up's own critic is that.
        at_rest: whether whoever asks asserts that the networks are at an equilibrium, which nobody can see from them.

    >>> Moment().reference is None, Moment(step=100, reference=nn.Linear(2, 1)).at_rest
    (True, False)
    """

    step: int = 0
    reference: nn.Module | None = None
    at_rest: bool = False


START = Moment()
"""Before the first step."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What an advisor says of a set-up.

    Attributes:
        lines: what to tell whoever trains, a line each.
        document: all of it, as JSON knows it; the run keeps it in the file that the advisor's spec names, where gpreg
            adds the keys ``"tuning"``, the choices of rho, and ``"later"``, the documents of ticks.
        refusal: why a strict run must not go on, to be raised; ``None``: nothing speaks against it.
        details: the advisor's own object, for whoever knows the advisor.

    >>> advice = Advice(lines=("One mode of eight is not damped.",), document={"damped": 7, "modes": 8})
    >>> advice.refusal is None
    True
    """

    lines: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    refusal: AssumptionViolated | None = None
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

    It is asked before the first step, at ticks, and for a coefficient. All that a set-up holds may be looked at. What
    it raises keeps nobody from training: it is told, and the advisor is left out; but for the refusal of a strict run.

    >>> class Cautious(Advisor):
    ...     def choose_rho(self, setup):
    ...         return ChosenRho(rho=0.1, because="a small one does little harm")
    >>> Cautious().advise(setup=None) is None
    True
    """

    def advise(self, setup: "Setup", moment: Moment = START) -> Advice | None:
        """Judge; ``None``: there is nothing to say.

        Args:
            setup: what is trained, and with what.
            moment: before the first step, at a tick, or of a run that somebody asks about.
        """
        return None

    def choose_rho(self, setup: "Setup") -> ChosenRho | None:
        """Choose the coefficient; ``None``: this advisor does not choose any.

        Of several that do, the first one of ``gpreg list-advisors`` decides.

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

    def stability(
        self, plan: "Plan", *, run: "Path | None" = None, step: int | str | None = None, **options: Any
    ) -> Any:
        """How stable the game of a plan is, an object with ``to_dict()``; ``None``: this advisor cannot say.

        Args:
            plan: what is, or was, to be trained.
            run: the folder of a run whose networks are looked at; ``None``: nothing is trained.
            step: of its checkpoint; ``"best"``: by score; ``None``: the newest.
            options: what else is asked; the advisor's own.

        Raises:
            UsageError: it cannot be said of this plan, or an option is out of its bounds; says why.
        """
        return None


def fault(answer: object, expected: type[Advice] | type[ChosenRho] = Advice) -> str:
    """What is wrong with an advisor's answer, as the rest of a sentence; empty: nothing."""
    if answer is None:
        return ""
    if not isinstance(answer, expected):
        return f"answers with a {type_name(answer)}, where gpreg.interfaces.{expected.__name__} or None is due"
    return _content_fault(answer) or _document_fault(answer.document)


def _content_fault(answer: Advice | ChosenRho) -> str:
    if isinstance(answer, ChosenRho):
        number = isinstance(answer.rho, int | float) and not isinstance(answer.rho, bool)
        if not number or not 0 <= answer.rho < math.inf:
            return f"chooses rho = {shown(answer.rho)}, which is no finite number of at least 0"
        return "" if isinstance(answer.because, str) else "chooses rho for a reason that is no text"
    if not isinstance(answer.lines, list | tuple) or not all(isinstance(line, str) for line in answer.lines):
        return "gives advice whose lines are no tuple of texts"
    if not isinstance(answer.refusal, AssumptionViolated | None):
        return f"refuses with a {type_name(answer.refusal)}, where gpreg.errors.AssumptionViolated is due"
    return ""


def _document_fault(document: object) -> str:
    try:
        json.dumps(dict(document), allow_nan=False)  # type: ignore[call-overload] # what is no mapping is a fault, too
    except (TypeError, ValueError, RecursionError) as error:
        return f"gives a document that is no JSON: {reason_of(error)}"
    return ""

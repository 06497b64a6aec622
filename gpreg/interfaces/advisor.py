"""The advisor: a plugin that judges a set-up before and during training, and may choose rho."""

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

    from gpreg.interfaces.networks import Networks
    from gpreg.recipe import Recipe
    from gpreg.runs.plan import Plan
    from gpreg.training.setup import Setup


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The moment at which an advisor looks at a set-up.

    Attributes:
        step: number of generator steps done.
        reference: the critic at its initial weights, if training has begun; ``None``: nothing is trained yet, and the
            set-up's critic has its initial weights.
        at_rest: whether the caller asserts that the networks are at an equilibrium, which they do not show themselves.

    >>> Moment().reference is None, Moment(step=100, reference=nn.Linear(2, 1)).at_rest
    (True, False)
    """

    step: int = 0
    reference: nn.Module | None = None
    at_rest: bool = False


START = Moment()
"""The moment before the first step."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """An advisor's judgement of a set-up.

    Attributes:
        lines: messages for the user, a line each.
        document: the whole judgement as JSON data. The run keeps it in the file that the advisor's spec names, to which
            gpreg adds the keys ``"tuning"``, the choices of rho, and ``"later"``, the documents of ticks.
        refusal: the error that ends a strict run; ``None``: the run may continue.
        details: an object of the advisor's, such as a report, for code that knows the advisor.

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
    """An advisor's choice for ``rho = auto``.

    Attributes:
        rho: the coefficient of ``(rho/2) E_mu[form(grad D)]``.
        because: the reason, in words.
        document: how rho was chosen, as JSON data; the run keeps it.

    >>> ChosenRho(rho=2.0, because="it damps the slowest mode most").rho
    2.0
    """

    rho: float
    because: str
    document: Mapping[str, Any] = field(default_factory=dict)


class Advisor(ABC):  # noqa: B024 -- every method has a default: an advisor overrides what it can do
    """Judges set-ups. It is asked before the first step, at ticks, and for a coefficient.

    It may look at everything in a set-up, but must not change it: no weight, and no random state. If it raises, this is
    reported, and training continues without the advisor; only a refusal ends a strict run.

    >>> class Cautious(Advisor):
    ...     def choose_rho(self, setup):
    ...         return ChosenRho(rho=0.1, because="a small one does little harm")
    >>> Cautious().advise(setup=None) is None
    True
    """

    def advise(self, setup: "Setup", moment: Moment = START) -> Advice | None:
        """Judge a set-up; ``None``: there is nothing to say.

        Args:
            setup: the networks, the data and all else that a run trains with.
            moment: the moment: before the first step, at a tick, or after training.
        """
        return None

    def choose_rho(self, setup: "Setup") -> ChosenRho | None:
        """Choose the coefficient; ``None``: this advisor does not choose any.

        Of several advisors that do, the first one of ``gpreg list-advisors`` decides.

        Raises:
            UsageError: there is no best coefficient; says why.
        """
        return None

    def rho_for(self, networks: "Networks") -> ChosenRho | None:
        """The coefficient for networks of a loop that is not gpreg's, for :func:`gpreg.probe`.

        Args:
            networks: the networks, a batch, and how many critic steps the answer may cost.

        Returns:
            ``None``: this advisor does not choose any.

        Raises:
            UsageError: there is no best coefficient; says why.
        """
        return None

    def compare(self, setup: "Setup", chosen_for: "Recipe") -> str:
        """A note on a rho that was chosen for another measure or form; empty: there is nothing to say.

        Args:
            setup: the set-up to be trained.
            chosen_for: the recipe with the measure and the form that its rho was chosen for.
        """
        return ""

    def recall(self, document: Mapping[str, Any]) -> str | None:
        """Why a strict run with this document as its newest advice must not continue; ``None``: it may."""
        return None

    def stability(
        self, plan: "Plan", *, run: "Path | None" = None, step: int | str | None = None, **options: Any
    ) -> Any:
        """How stable the game of a plan is, an object with ``to_dict()``; ``None``: this advisor cannot say.

        Args:
            plan: the plan of the game.
            run: folder of a run whose networks are examined; ``None``: nothing is trained.
            step: step of its checkpoint; ``"best"``: the one with the best score; ``None``: the newest.
            options: further arguments that this advisor understands.

        Raises:
            UsageError: the advisor cannot judge this plan, or an option is out of its bounds; says why.
        """
        return None


def fault(answer: object, expected: type[Advice] | type[ChosenRho] = Advice) -> str:
    """What is wrong with an advisor's answer, as the rest of a sentence; empty if nothing is."""
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

"""A check as a declaration: which assumptions it decides, where and for which choices, and the function that looks."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from gpreg.errors import GpregError, PluginError
from gpreg.interfaces import CheckContext, Finding
from gpreg.interfaces.finding import Basis, Point
from gpreg.registry.assumptions import ASSUMPTIONS, Verdict
from gpreg_theory.checks.case import Case


@dataclass(frozen=True)
class Said:
    """A check's answer for one assumption: a :class:`Finding` whose source and assumption may yet have to be filled in.

    Attributes:
        verdict, evidence, basis, remedy, statistics: as in :class:`Finding`.
        of: the number of the assumption; may be left empty by a check that decides only one.
    """

    verdict: Verdict
    evidence: str
    remedy: str = ""
    statistics: Mapping[str, Any] = field(default_factory=dict)
    basis: Basis = "measured"
    of: str = ""


holds = partial(Said, "holds")
"""The assumption holds: measured within a bound, or proved."""

violated = partial(Said, "violated")
"""The assumption is refuted, by a proof or by a counterexample on two batches; the remedy says what to change."""

undecided = partial(Said, "undecided")
"""The assumption could be neither shown nor refuted; the evidence says why."""


Look = Callable[[Case], Iterable[Said]]
"""The function of a check: it looks at a case and says what it found."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: a declaration, and a function that looks only where the declaration holds.

    It is called with a context, as the factory of any :class:`gpreg.CheckSpec` is.

    Attributes:
        assumptions: the numbers of the assumptions that it decides.
        look: the function that looks at a case; called only at the points and for the choices below.
        points: where in parameter space it can look.
        elsewhere: why nothing can be decided at other points; at a point without a text the check says nothing.
        applies: whether the check is about such a measure and such players at all; where it is not, it says nothing.
        any_form: whether it also looks at gradient forms other than the theorem's ``|grad D|^2``.
    """

    assumptions: tuple[str, ...]
    look: Look
    points: tuple[Point, ...] = get_args(Point)
    elsewhere: Mapping[Point, str] = field(default_factory=dict)
    applies: Callable[[Case], bool] = lambda case: True
    any_form: bool = False

    def __call__(self, context: CheckContext) -> Iterator[Finding]:
        """Make the check: yields its findings, each with assumption and source; none where it does not apply.

        Where looking fails, what was not found out is undecided, and the evidence says what failed.

        Raises:
            PluginError: looking failed by the fault of a measure or of another plugin; raised after the findings.
        """
        case = Case.of(context)
        if not (self.any_form or case.of_the_theorem):
            return
        made: list[Finding] = []
        fault: PluginError | None = None
        try:
            for said in self._said(case):
                made += [self._finding(said)]
        except GpregError as error:  # such as a critic that couples samples
            if isinstance(error, PluginError):
                made, fault = [], error  # what was found with a broken measure does not count
            told = {finding.assumption for finding in made}
            unknown = (undecided(error.message, error.remedy or "", of=name) for name in self.assumptions)
            made += [self._finding(said) for said in unknown if said.of not in told]
        yield from made
        if fault:
            raise fault

    def _said(self, case: Case) -> Iterable[Said]:
        if not self.applies(case):
            return ()
        if case.point in self.points:
            return self.look(case)
        return [
            undecided(self.elsewhere[case.point], of=name) for name in self.assumptions if case.point in self.elsewhere
        ]

    def _finding(self, said: Said) -> Finding:
        (assumption,) = (said.of,) if said.of else self.assumptions
        return Finding(
            assumption=assumption,
            verdict=said.verdict,
            basis=said.basis,
            evidence=said.evidence,
            statistics=said.statistics,
            remedy=said.remedy,
            source=ASSUMPTIONS[assumption].source,
        )


def deciding(*assumptions: str, **where: Any) -> Callable[[Look], Check]:
    """Declare a function to be a :class:`Check` of these assumptions::

        @deciding("5a", applies=lambda case: "fake" in case.measure.needs)
        def check(case):
            yield holds("the samples say so", {"distance": 0.01})

    Args:
        assumptions: their numbers.
        where: other attributes of :class:`Check`.
    """
    return lambda look: Check(assumptions=assumptions, look=look, **where)

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
    """What a check says of one assumption; a :class:`Finding` once the assumption and its source are filled in.

    Attributes:
        verdict, evidence, basis, remedy, statistics: as of a :class:`Finding`.
        of: the assumption; empty: the only one that the check decides.
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
"""A witness that was seen on two batches, or a proof, refutes the assumption; the remedy is what to change."""

undecided = partial(Said, "undecided")
"""Nothing can be said, and why."""


Look = Callable[[Case], Iterable[Said]]
"""Looks at a case where the check applies."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: a declaration, and a function that looks only where the declaration holds.

    It is called with a context, as the factory of any :class:`gpreg.CheckSpec` is.

    Attributes:
        assumptions: which it decides.
        look: what it says of a case, at the points and for the choices below.
        points: where in parameter space it can look.
        elsewhere: what is said of its assumptions at other points; nothing where there is no text.
        applies: whether it has something to say of this measure and these players; else it says nothing.
        any_form: whether it looks at choices whose gradient form is not the theorem's, too.
    """

    assumptions: tuple[str, ...]
    look: Look
    points: tuple[Point, ...] = get_args(Point)
    elsewhere: Mapping[Point, str] = field(default_factory=dict)
    applies: Callable[[Case], bool] = lambda case: True
    any_form: bool = False

    def __call__(self, context: CheckContext) -> Iterator[Finding]:
        """Its findings, each with assumption and source; none where it does not apply.

        What cannot be looked at is undecided, and says why.

        Raises:
            PluginError: that is the fault of a measure or of another plugin; after the findings.
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
                made, fault = [], error  # what a broken measure has let it say does not count
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
        where: the other attributes of :class:`Check`.
    """
    return lambda look: Check(assumptions=assumptions, look=look, **where)

"""The report: all findings, the decisive one for each assumption, and what they mean together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gpreg.interfaces import Finding
from gpreg.interfaces.finding import Point
from gpreg.registry.assumptions import ASSUMPTIONS, CLAIMED
from gpreg.registry.plain import plain
from gpreg_theory.checks.damping import Damping

Outcome = Literal["applies", "violated", "undecided", "other form", "other game"]

RANK = (
    ("violated", "proved"),
    ("violated", "measured"),
    ("holds", "proved"),
    ("violated", "declared"),
    ("holds", "measured"),
    ("holds", "declared"),
    ("undecided", "proved"),
    ("undecided", "measured"),
    ("undecided", "declared"),
)
"""The order in which findings decide, strongest first. A counterexample beats everything, then comes a proof. A
declared violation is not refuted by a measurement that did not run into it, and any declaration beats not knowing."""

ALWAYS = ("1", "2", "3", "4", "H0")
STRONG, WEAK = ("5a", "5b", "5c"), ("6a", "6b", "6c")
"""What the theorem needs: :data:`ALWAYS`, and for the measure the three of either the strong or the weak version."""

IMPLIED = {"6a": "5a", "6b": "5b", "6c": "5c"}
"""Each weak assumption, and the strong one from which it follows (6c only together with assumption 1)."""


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What the findings mean for the convergence theorem.

    Attributes:
        outcome: ``applies`` if all that is needed holds, ``violated`` if one of these does not, ``undecided`` if one is
            not decided, ``other form`` if the theorem is not about this gradient form, and ``other game`` if players
            minimise, see or obey more than it knows of.
        text: the conclusion in one or two sentences.
        changes: what to change, each once.
    """

    outcome: Outcome
    text: str
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found about the assumptions of the convergence theorem (Kim, Park and Hwang 2018, Theorem 1).

    Attributes:
        findings: all findings, in the order in which they were made.
        simple: whether the form is the theorem's, ``|grad D|^2``.
        notes: what else should be known, such as checks that failed, and why.
        damping: whether every mode that can be seen is damped; ``None`` if nothing was looked at.
        point: where in parameter space the checks looked, see :class:`gpreg.interfaces.CheckContext`; maybe nowhere.
        beyond: what players minimise, see or obey besides loss and penalty, in words; empty if there is nothing.
    """

    findings: tuple[Finding, ...]
    simple: bool = True
    notes: tuple[str, ...] = ()
    damping: Damping | None = None
    point: Point | None = None
    beyond: str = ""

    def decisive(self, assumption: str) -> Finding:
        """The finding that decides an assumption; an undecided one where no check found anything.

        Where 5a, 5b or 5c holds, and nothing stronger is known of 6a, 6b or 6c itself, the latter follows from it.
        """
        found = sorted(
            (finding for finding in self.findings if finding.assumption == assumption),
            key=_rank,
        )
        best = _refuting(found[0], found) if found else _nothing(assumption)
        if assumption not in IMPLIED or (assumption == "6c" and self.decisive("1").verdict != "holds"):
            return best
        strong = self.decisive(IMPLIED[assumption])
        if strong.verdict != "holds" or _rank(best) <= _rank(strong):
            return best
        evidence = f"follows from {strong.assumption}: {strong.evidence}"
        return replace(strong, assumption=assumption, evidence=evidence)

    @property
    def table(self) -> tuple[Finding, ...]:
        """The decisive finding for each assumption, in the order of the assumptions."""
        return tuple(map(self.decisive, ASSUMPTIONS))

    @property
    def violated(self) -> tuple[str, ...]:
        """The violated assumptions among those that the theorem needs; ``--strict`` stops on these.

        5a, 5b and 5c are not among them: the theorem needs only their weak versions 6a, 6b and 6c. Of another form, or
        another game, it needs nothing, because it says nothing.
        """
        if not self.simple or self.beyond:
            return ()
        return tuple(name for name in (*ALWAYS, *WEAK) if self.decisive(name).verdict == "violated")

    @property
    def conclusion(self) -> Conclusion:
        """What the findings mean for stability, and what to change."""
        verdicts = {finding.assumption: finding.verdict for finding in self.table}
        changes = tuple(dict.fromkeys(filter(None, (self.decisive(name).remedy for name in self.violated))))
        if not self.simple:
            text = "The form is not the theorem's: it is about |grad D|^2 alone, and says nothing of this choice."
            return Conclusion(outcome="other form", text=text, changes=changes)
        if self.beyond:
            text = (
                f"The game is not the theorem's: {self.beyond}. What was found is true of measure, data and networks, "
                "and says nothing of the stability of this choice."
            )
            return Conclusion(outcome="other game", text=text, changes=changes)
        if self.violated:
            broken = _row(self.violated)
            text = f"The theorem does not apply: {broken} violated. Its conclusion, local stability, is not to be had"
            return Conclusion(outcome="violated", text=f"{text} from it.", changes=changes)
        open_ = [name for name in (*ALWAYS, *WEAK) if verdicts[name] == "undecided"]
        strong = [name for name in STRONG if verdicts[name] == "violated"]
        weak = all(verdicts[name] == "holds" for name in WEAK)
        enough = "6, its weak version, holds" if weak else "nothing found speaks against 6, its weak version"
        aside = f" ({_row(strong, 'does', 'do')} not hold, and need not: {enough}.)" if strong else ""
        if open_:
            text = f"Nothing found speaks against local stability; {_row(open_)} not decided.{aside}"
            return Conclusion(outcome="undecided", text=text, changes=())
        text = (
            "The theorem applies: gradient flow is locally stable at the equilibrium, provided that the generator can "
            f"reach the data, which no check can show.{aside}"
        )
        return Conclusion(outcome="applies", text=text, changes=())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it: findings, the verdict on each assumption, and the conclusion."""
        conclusion = self.conclusion
        return {
            "findings": [
                {
                    "assumption": finding.assumption,
                    "verdict": finding.verdict,
                    "basis": finding.basis,
                    "evidence": finding.evidence,
                    "statistics": plain(finding.statistics, infinity="text", nan="null"),
                    "remedy": finding.remedy or None,
                    "source": finding.source or None,
                    "statement": ASSUMPTIONS[finding.assumption].short,
                }
                for finding in self.findings
            ],
            "verdicts": {
                finding.assumption: {"verdict": finding.verdict, "basis": finding.basis} for finding in self.table
            },
            "conclusion": {
                "outcome": conclusion.outcome,
                "text": conclusion.text,
                "changes": list(conclusion.changes),
            },
            "damping": None if self.damping is None else vars(self.damping),
            "notes": list(self.notes),
        }


def _rank(finding: Finding) -> int:
    return RANK.index((finding.verdict, finding.basis))


def _refuting(best: Finding, found: Sequence[Finding]) -> Finding:
    """The decisive finding; its evidence says so where it refutes what the measure's plugin declares."""
    claims = {finding.verdict for finding in found if finding.basis == "declared"} - {"undecided", best.verdict}
    if best.basis == "declared" or best.verdict == "undecided" or not claims:
        return best
    claim = CLAIMED["holds" if "holds" in claims else "violated"]
    return replace(best, evidence=f"the claim that it {claim} is refuted: {best.evidence}")


def _nothing(assumption: str) -> Finding:
    return Finding(assumption=assumption, verdict="undecided", basis="measured", evidence="no check speaks of it here")


def _row(names: Sequence[str], one: str = "is", more: str = "are") -> str:
    """``"5c is"``, ``"2 and 6c are"``."""
    return f"{names[0]} {one}" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} {more}"

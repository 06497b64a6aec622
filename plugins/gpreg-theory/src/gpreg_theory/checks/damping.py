"""The first question of whoever decides: is every mode that can be seen damped?"""

from dataclasses import dataclass
from typing import Literal

from gpreg.interfaces import CheckContext, Finding
from gpreg_theory.checks.evidence.form import FormAtZero, form_at_zero

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Damping:
    """Whether the penalty damps every mode: every direction in which the generator moves the critic.

    Attributes:
        answer: ``yes``, ``no``, or ``unknown``.
        text: the answer in one sentence, with its reason.
    """

    answer: Answer
    text: str


def damping(context: CheckContext, covering: Finding) -> Damping:
    """Conclude from form, coefficient, loss and the verdict on 6b whether every mode is damped.

    Args:
        context: the case that was checked.
        covering: the decisive finding on 6b.
    """
    form = form_at_zero(context.form)
    if form.slope:
        return _told("unknown", f"the penalty's form has a kink at grad D = 0, where there are no modes; {_aim(form)}")
    if form.curvature == 0:
        return _undamped(context, "the penalty's form is flat at grad D = 0, so that near an equilibrium it damps none")
    if covering.verdict != "violated" and not (context.simple and form.simple):
        return _told("unknown", "the theorem is about the form |grad D|^2 alone")
    return _by_coverage(context, covering)


def restricted(found: Damping, beyond: str) -> Damping:
    """An answer of a game that has more than loss and penalty: of these alone it is known, of the game not."""
    return _told("unknown", f"{beyond}. Of loss and penalty alone: {found.text[0].lower()}{found.text[1:-1]}")


def _by_coverage(context: CheckContext, covering: Finding) -> Damping:
    if covering.verdict == "undecided":
        return _told("unknown", "whether the penalty sees all that the generator moves is not decided (6b)")
    if covering.verdict == "holds":
        how = {"declared": "its package declares", "measured": "measured", "proved": "proved"}[covering.basis]
        return _told("yes", f"the penalty sees every direction in which the generator moves the critic (6b, {how})")
    theorem_a = covering.statistics.get("theorem_a")
    if theorem_a and theorem_a["stable"]:
        return _told("yes", "mu misses part of the data (6b), but no mode of this batch's linear game lies there")
    if not context.rho:
        return _undamped(context, "there is no penalty: rho = 0")
    if covering.statistics.get("mass") == 0:
        return _undamped(context, "there is no penalty: the measure is zero everywhere")
    return _undamped(context, "the penalty does not see all that the generator moves (6b)")


def _undamped(context: CheckContext, why: str) -> Damping:
    concave = context.loss.concave
    if concave is None or concave.curvature:
        return _told("unknown", f"{why}; what is left to damp them is the loss")
    return _told("no", why)


def _aim(form: FormAtZero) -> str:
    """What a form with a kink at 0 does to the critic."""
    if form.slope < 0:
        return "it draws |grad D| away from 0, and the players circle"
    return "it holds a critic that is constant, and the field jumps there"


def _told(answer: Answer, because: str) -> Damping:
    lead = {"yes": "Every mode that can be seen is damped", "no": "Some modes are not damped"}
    return Damping(answer=answer, text=f"{lead.get(answer, 'Whether every mode is damped is not known')}: {because}.")

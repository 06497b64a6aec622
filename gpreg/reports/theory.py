"""What theory says of a row: the claims of its measure, and what the advisors found for its networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpreg.errors import GpregError
from gpreg.registry.assumptions import ASSUMPTIONS, MARKS
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.registry import Registry
from gpreg.sweeps.evidence import Evidence

ASKED = ("5a", "5b", "5c", "6a", "6b", "6c")
"""The assumptions about the measure; those of 6 are weak versions of those of 5."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One mark: what is claimed of one assumption.

    Attributes:
        assumption: its number.
        mark: ``"✓"``, ``"✗"``, ``"~"``, or ``"–"`` where it does not apply.
        words: the mark in words, with the reason.
    """

    assumption: str
    mark: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Theory:
    """What theory says of a row.

    Attributes:
        measure, form: what the row penalises where; empty if its runs do not tell.
        claims: of the measure, for the form ``squared``.
        applies: whether the claims are about this form.
        found: what the advisors concluded for networks and data of the row's runs, as sentences.
    """

    measure: str = ""
    form: str = ""
    claims: Sequence[Claimed] = ()
    applies: bool = True
    found: Sequence[str] = ()


def theory_of(runs: Sequence[Evidence], registry: Registry) -> Theory:
    """What theory says of the runs of one row; nothing where they differ in measure or form."""
    choices = {(run.chosen("measure"), run.chosen("form")) for run in runs if run.recipe}
    if len(choices) != 1:
        return Theory()
    measure, form = choices.pop()
    return Theory(
        measure=measure,
        form=form,
        claims=_claims(measure, registry),
        applies=_simple(form, registry),
        found=list(dict.fromkeys(line for run in runs for line in _conclusions(run.advice))),
    )


def _claims(measure: str, registry: Registry) -> Sequence[Claimed]:
    try:
        claims = {claim.assumption: claim for claim in registry.get(MEASURE, measure).claims}
    except GpregError:  # it came with a plugin that is not here
        return ()
    marks = []
    for name in ASKED:
        short = ASSUMPTIONS[name].short
        if name in claims:
            claim = claims[name]
            words = f"{name}, {short}: {claim.verdict}, because {claim.because}"
            marks.append(Claimed(assumption=name, mark=MARKS[claim.verdict], words=words))
        else:
            marks.append(Claimed(assumption=name, mark="–", words=f"{name}, {short}: does not apply"))
    return marks


def _simple(form: str, registry: Registry) -> bool:
    try:
        return registry.get(FORM, form).simple
    except GpregError:
        return False


def _conclusions(advice: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    """The sentences in which the advisors' documents sum up what they found."""
    parts = (document.get(key) for document in advice.values() for key in ("conclusion", "damping"))
    return [str(part["text"]) for part in parts if isinstance(part, Mapping) and part.get("text")]

"""Assumption 5a, and with it 6a: does the measure depend on the critic?"""

from collections.abc import Iterable
from typing import Any

from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import draw, has_trained_parts


@deciding("5a", "6a")
def check(case: Case) -> Iterable[Said]:
    """If the measure is independent of the critic, both hold as far as they are about that; if not, 5a is violated."""
    found, statistics = case.dependences, moved(case)
    still = not any(own.points or own.weights for own in found)
    if still and case.independent:
        yield from _independent(case, statistics)
    elif all(own.points for own in found):
        by = " and ".join(f"{own.points:.2g}" for own in found)
        evidence = f"the points move with the critic, by up to {by} (two batches, one seed each)"
        yield violated(evidence, statistics=statistics, of="5a")
    elif all(own.weights for own in found) and not any(own.points for own in found):
        by = " and ".join(f"{own.weights:.2g}" for own in found)
        evidence = f"the weights change with the critic, by up to {by} (two batches, one seed each); points do not move"
        yield violated(evidence, statistics=statistics, of="5a")
    else:
        reason = "declared to need the critic" if "critic" in case.measure.needs else "not known to ignore the critic"
        evidence = f"{reason}; {statistics['compared']} perturbed critics showed no dependence that both batches share"
        yield undecided(evidence, statistics=statistics, of="5a")


def moved(case: Case) -> dict[str, Any]:
    """Statistics of how the measure's draws change with the critic."""
    found = case.dependences
    return {
        "compared": found[0].compared,
        "points": [own.points for own in found],
        "weights": [own.weights for own in found],
    }


def _independent(case: Case, statistics: dict[str, Any]) -> Iterable[Said]:
    why = "the measure draws the same points and weights, bit for bit, when the critic is withheld from it"
    alone = case.measure.needs <= {"real"} and not has_trained_parts(case.measure)
    if alone or draw(case.measure, case.trimmed[0], seed=0) is None:
        evidence = f"{why}; nor does mu depend on the generator, so that it is constant"
        yield holds(evidence, statistics=statistics, basis="proved", of="5a")
    else:
        evidence = f"{why}; what is left is that mu converges"
        yield undecided(evidence, statistics=statistics, basis="proved", of="5a")
    evidence = f"{why}: its derivatives by psi are zero, and its mass is constant"
    yield holds(evidence, statistics=statistics, basis="proved", of="6a")

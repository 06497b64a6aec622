"""Assumption 4: no equilibrium nearby has a critic that is not constant, or another law than the data's."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.frozen import NO_PSI, NO_THETA, frozen_game
from gpreg_theory.checks.evidence.neighbourhood import BENT, DISTANCES, NULL, REST, Neighbourhood, jacobian_of
from gpreg_theory.linear.game import Matrix

LARGEST = 200
"""The most parameters of both players together for which J is formed."""

SEARCHED = 40
"""The most parameters of both players together for which other equilibria are searched for."""

SAMPLES = 1024
"""The most samples of a batch that are used."""

GROUPS = 16
"""Samples are averaged in this many groups, and the spread of the groups tells the error of J."""

ERRORS = 3.0
"""This many standard errors bound the error of J in the Frobenius norm (Student's t, 15 degrees of freedom, 99 %)."""


ELSEWHERE = "{}: where the game would end is not known, nor what is near"


@deciding(
    "4",
    points=("equilibrium",),
    elsewhere={
        "construction": ELSEWHERE.format("the generator is untrained"),
        "training": ELSEWHERE.format("this is not an equilibrium"),
    },
)
def check(case: Case) -> Iterable[Said]:
    """Look for other equilibria near this one, for players with few parameters.

    Where J is regular there is none, by the implicit function theorem. Directions that leave D constant and theta as
    it is, such as the output bias of a Wasserstein critic, lead to equilibria that are just as good, so that J need
    only be regular modulo these. Where it is not, equilibria are searched for, and a bad one is a counterexample.
    """
    first, second = (Neighbourhood(frozen_game(case, own, limit=SAMPLES)) for own in case.pair)
    n, p, q = len(first.start), first.game.p, first.game.q
    if not (p and q):
        yield undecided(NO_PSI if q else NO_THETA)
    elif n > LARGEST:
        evidence = f"the players have {n} parameters together; J is formed up to {LARGEST}"
        yield undecided(evidence, "check a smaller game of the same kind")
    else:
        yield _said(case, first, second)


def _said(case: Case, first: Neighbourhood, second: Neighbourhood) -> Said:
    n = len(first.start)
    _, values, Vt = linalg.svd(first.jacobian(first.start))
    rank = int((values > NULL * values.max(initial=0.0)).sum())
    null: Matrix = Vt[rank:].T
    constants = first.constants(null)
    statistics: dict[str, Any] = {"nullity": n - rank, "constants": constants.shape[1]}
    if rank + constants.shape[1] == n:
        return _isolated(_groups(case, case.second_batch), constants, statistics)
    lead = f"J has {n - rank} null directions, {constants.shape[1]} of them constants of D"
    if n > SEARCHED:
        evidence = f"{lead}; with {n} parameters (more than {SEARCHED}) other equilibria are not searched"
        return undecided(evidence, statistics=statistics)
    return _searched((first, second), null, lead, statistics)


def _isolated(groups: NDArray[np.float64], constants: Matrix, statistics: dict[str, Any]) -> Said:
    """Whether J is regular off the constants, its error allowed for; ``groups`` is J of each, ``(G, n, n)``."""
    moving = linalg.null_space(constants.T) if constants.size else np.eye(len(constants))
    own = groups @ moving
    smallest = float(linalg.svdvals(own.mean(0)).min(initial=np.inf))
    error = float(linalg.norm(own.std(axis=0, ddof=1))) / np.sqrt(len(own)) if len(own) > 1 else np.inf
    bound = smallest - ERRORS * error  # singular values move by no more than the norm of what is added
    statistics |= {"smallest": smallest, "bound": bound}
    modulo = f" modulo constants of D ({constants.shape[1]} directions)" if constants.shape[1] else ""
    evidence = (
        f"the smallest singular value of J{modulo} is {smallest:.2g}, with 99 % confidence at least {bound:.2g}, "
        "on a second batch"
    )
    if bound > NULL * linalg.norm(own.mean(0)):
        return holds(f"{evidence}: the equilibrium is isolated{modulo}", statistics=statistics)
    return undecided(f"{evidence}: J may be singular", "take a larger batch", statistics)


def _searched(both: tuple[Neighbourhood, Neighbourhood], null: Matrix, lead: str, statistics: dict[str, Any]) -> Said:
    """Search on both batches: a bad equilibrium on each is a counterexample, and the first that is found will do."""
    if max(float(linalg.norm(own.field(own.start))) for own in both) > REST * DISTANCES[-1]:
        return undecided(f"{lead}; the batch's noise hides what is near", "take a larger batch", statistics)
    found = [next((one for one in own.search(null) if one.bad), None) for own in both]
    bad = [one for one in found if one is not None]
    statistics["witnesses"] = [asdict(one) for one in bad]
    if len(bad) < len(both):
        evidence = f"{lead}; no bad equilibrium was found near on both batches, which does not prove that there is none"
        return undecided(evidence, statistics=statistics)
    what = "whose critic is not constant" if bad[1].bend > BENT else "whose law is not the data's"
    evidence = f"{lead}; at distance {bad[1].distance:.2g} there is an equilibrium {what}, on both batches"
    return violated(evidence, "choose a critic that sees what moves the generator's law", statistics)


def _groups(case: Case, batch: PenaltyBatch) -> NDArray[np.float64]:
    """``(G, n, n)``, J at the starting point for each group of samples; their mean is that of the batch."""
    parts: dict[str, Any] = {name: getattr(batch, name) for name in ("real", "fake", "latent", "labels", "fake_labels")}
    groups = []
    for start in range(min(GROUPS, len(batch.real))):
        own: dict[str, Any] = {
            name: part if part is None else part[:SAMPLES][start::GROUPS] for name, part in parts.items()
        }
        groups.append(jacobian_of(frozen_game(case, replace(batch, **own))))
    return np.stack(groups)

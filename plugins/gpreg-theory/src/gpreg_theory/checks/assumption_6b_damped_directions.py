"""Assumption 6b: the penalty sees every direction in which the generator moves the critic; and the sharp criterion."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import at_equilibrium, draw, trimmed, weights_of
from gpreg_theory.checks.evidence.frozen import frozen_game
from gpreg_theory.checks.evidence.shares import GROUPS, Share, definite_on, last_layer_matrices, shares, whole_matrices
from gpreg_theory.linear.game import LinearGame
from gpreg_theory.networks.confidence import interval

UNSEEN = 1e-3
"""The penalty misses a direction of which it sees no more than this share of what the data sees."""

SEEN = 1e-2
"""The penalty sees a direction of which it sees more than this share of what the data sees."""

WIDE = 1024
"""Of wider last layers only the directions that the data sees most are looked at, as for more than 64 coordinates."""

SMALL = 200
"""Up to this many parameters of both players together, Q and R are formed as a whole."""


@deciding("6b")
def check(case: Case) -> Iterable[Said]:
    """Decide by structure, or else measure whether N(Q_mu) lies in N(Q_d), which is what the theorem uses.

    It is proved where rho or the measure is zero, and where the measure draws the data itself. Elsewhere, a v in
    N(Q_mu) with ``v^T Q_d v > 0`` refutes both alternatives of the assumption: Q_mu is then not positive definite, and
    if S were in the support of mu, ``B v = 0`` under mu would give ``B v = 0`` under p_d. Before training Q is that of
    the last layer, because at D = 0 all other layers drop out of Q and of R. "Holds" is not concluded where only a
    part of the layer's directions is looked at.
    """
    yield _by_structure(case) or _measured(case)


def _by_structure(case: Case) -> Said | None:
    """What is proved because rho is 0, the measure draws nothing, or it draws the data itself; else ``None``."""
    if not case.rho:
        evidence = f"rho = 0: there is no penalty, as if mu were zero, and {_undamped(case)}"
        return violated(evidence, "give rho a positive number, or auto", basis="proved")
    batch = at_equilibrium(case, case.batch)
    sample = draw(case.measure, case.batch if batch is None else batch, 0)
    if sample is None:
        evidence = f"mu is the zero measure, so that Q = 0 and {_undamped(case)}"
        remedy = "use a measure with a penalty, such as mid or pd"
        return violated(evidence, remedy, {"mass": 0.0}, basis="proved")
    if batch is None or not _all_alike(case, sample):
        return None
    part = {"real": batch.real, "real+fake": batch.real, "fake": batch.fake, None: None}[sample.at]
    if part is None or not torch.equal(sample.points[: len(part)], part):
        return None
    if sample.at == "fake":
        evidence = "mu is p_g, whose limit is p_d if the generator reaches it, as is assumed: its support is S"
    else:
        evidence = "mu draws the data itself, with positive weight: its support contains S"
    return holds(evidence, statistics={"at": sample.at}, basis="proved")


def _undamped(case: Case) -> str:
    """What becomes of the modes without a penalty."""
    concave = case.loss.concave
    if concave is not None and not concave.curvature:
        return "every mode that the generator sees turns undamped, +- i sigma"
    by = "the loss" if concave is None else f"the loss, by f''(0) = {concave.curvature:g},"
    return f"the penalty damps no mode; only {by} may"


def _all_alike(case: Case, sample: PenaltySample) -> bool:
    """Whether, within each batch that the points are made of, all points have the same positive weight."""
    weights = sample.weights
    if weights is None:
        return True
    if callable(weights) and case.point == "training":
        return False  # they depend on the critic, which is not yet the equilibrium's
    weights = weights_of(sample, case.batch.critic)
    if sample.at == "real+fake":
        weights = weights[: len(case.batch.real)]
    return bool((weights > 0).all()) and bool(weights.max() - weights.min() <= 1e-6 * weights.max())


def _measured(case: Case) -> Said:
    if case.point == "training":
        return undecided("this is not an equilibrium, and the limit of mu is not known")
    batches = [at_equilibrium(case, own) for own in case.pair]
    if None in batches:
        needs = ", ".join(sorted(case.measure.needs))
        return undecided(f"the limit of mu takes a trained generator (the measure needs {needs})")
    pair = [trimmed(own) for own in batches if own is not None]
    drawn = [_sampled(case.measure, own) for own in pair]
    if fewest := next((len(own[0]) for own in drawn if len(own[0]) < GROUPS), None):
        return undecided(f"{fewest} points of mu are too few", "take a larger batch")
    whole = case.point == "equilibrium" and _size(pair[0]) <= SMALL
    large = not whole and (case.batch.real.shape[1:].numel() > 64 or _widest(case.batch.critic) > WIDE)
    matrices = whole_matrices(pair[0]) if whole else last_layer_matrices(pair[0], large=large)
    mu = [matrices(*own) for own in drawn]
    data = [matrices(own.real, None, own.labels) for own in pair]
    found = shares((mu[0], data[1]), (mu[1], data[0]))  # crossed, so that mu and p_d are of different samples
    where = "" if whole else " of the last layer"
    statistics: dict[str, Any] = {"shares": [asdict(own) for own in found], "samples": len(pair[0].real)}
    statistics["positive_definite"] = definite = whole and definite_on(*mu)
    aside = ""
    if whole:
        games = [frozen_game(case, own) for own in case.pair]
        if games[0].loss.concave is not None and games[0].q:
            statistics["theorem_a"], aside = _theorem_a(games[0].dense(), games[1].penalty_curvature)
    return _verdict(found, definite=definite, large=large, where=where, aside=aside, statistics=statistics)


def _verdict(
    found: Sequence[Share], *, definite: bool, large: bool, where: str, aside: str, statistics: dict[str, Any]
) -> Said:
    blind = [own for own in found if own.upper < UNSEEN]
    if blind:
        own = min(blind, key=lambda share: share.upper)
        evidence = (
            f"there is a direction{where} of which mu sees {own.reproduced:.2g} of what the data sees (99 % bound "
        )
        evidence += f"{own.upper:.2g}, on a second batch): Q is not positive definite, and mu misses part of S"
        evidence += aside.replace("; J is stable", "; 6b violated, J stable: no mode is undamped all the same")
        remedy = "let mu cover all of the data: pd, mid and gp do"
        return violated(evidence, remedy, statistics)
    if definite:
        evidence = (
            f"Q is positive definite, its smallest eigenvalue above 0 with 99 % confidence on both batches{aside}"
        )
        return holds(evidence, statistics=statistics)
    if not found:
        return undecided(f"the data sees nothing{where}: Q_d is 0{aside}", statistics=statistics)
    tested = [own for own in found if own.lower > -np.inf]
    if tested and min(own.lower for own in tested) > SEEN:
        own = tested[-1]
        few = f"{own.rank} of the directions{where} that the data sees most"
        every = (
            f"each of the {own.rank} directions{where} that the data sees (by {own.tolerance:g} of the most or more)"
        )
        evidence = f"along {few if large else every} mu sees at least {own.constant:.2g} of what the data sees (99 % "
        evidence += f"bound {own.lower:.2g}, on a second batch)"
        if large:
            return undecided(f"{evidence}; the others are too many to look into", statistics=statistics)
        evidence += f": N(Q) lies in N(R^T) there, which is what the theorem needs{aside}"
        return holds(evidence, statistics=statistics)
    shares = ", ".join(f"{own.constant:.2g}" for own in found)
    ranks = ", ".join(str(own.rank) for own in found)
    evidence = f"along the {ranks} directions{where} that the data sees most, mu sees at least {shares} of what the "
    evidence += f"data sees, in this batch; at 99 % that is neither surely something nor surely nothing{aside}"
    return undecided(evidence, "take a larger batch", statistics)


def _theorem_a(game: LinearGame, curvature: Callable[[Tensor], Tensor]) -> tuple[dict[str, Any], str]:
    """The sharp criterion for stability, of which 6b is sufficient and not necessary (docs/explanation/corrections.md).

    Args:
        game: the linearised game of the first batch.
        curvature: ``(p,) -> (N,)``, ``m_i |B(x_i) v|^2`` on the second.

    Returns:
        Statistics (whether J has an undamped mode, and for each mode its frequency, its damping ratio and the 99 %
        interval of ``q_i = u_i^T Q u_i``), and a sentence.
    """
    modes = []
    for mode in game.modes:
        values = curvature(torch.from_numpy(mode.critic.copy())).numpy()
        low, high = interval(values)
        modes.append({"frequency": mode.frequency, "ratio": mode.ratio, "q": [low, high]})
    statistics = {"stable": game.stable, "contained": game.contained, "abscissa": game.abscissa, "modes": modes}
    if not game.modes:
        return statistics, "; R = 0: the linearised game has no modes"
    if not game.stable:
        told = ", ".join(f"+-{mode.frequency:.3g} i" for mode in game.undamped)
        return statistics, f"; the linearised game has undamped modes, {told}"
    return statistics, f"; J is stable, with abscissa {game.abscissa:.3g}"


def _sampled(measure: PenaltyMeasure, batch: PenaltyBatch) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Points, weights and labels drawn from mu."""
    sample = draw(measure, batch, 0)
    if sample is None:
        return batch.real, batch.real.new_zeros(len(batch.real)), batch.labels
    return sample.points, weights_of(sample, batch.critic), sample.labels


def _size(batch: PenaltyBatch) -> int:
    players = (batch.critic, batch.generator)
    modules = (player for player in players if isinstance(player, nn.Module))
    return sum(p.numel() for module in modules for p in module.parameters() if p.requires_grad)


def _widest(critic: Any) -> int:
    layers = critic.modules() if isinstance(critic, nn.Module) else ()
    return max((layer.in_features for layer in layers if isinstance(layer, nn.Linear)), default=0)

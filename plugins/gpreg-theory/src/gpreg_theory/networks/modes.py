"""The modal table: which of the strongest generator-visible modes of a real game are damped, and how much."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from scipy import linalg

from gpreg.errors import UsageError
from gpreg.registry.plain import plain
from gpreg_theory.linear.game import LinearGame, Matrix, Vector
from gpreg_theory.linear.steps import StepLimit, largest_step
from gpreg_theory.linear.tuning import BestRho, best_rho
from gpreg_theory.networks.confidence import CONFIDENCE, interval
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.responses import Responses
from gpreg_theory.networks.singular import Tell, Triplets, leading_triplets
from gpreg_theory.networks.trace import Trace, outer_trace, trace

Judgement = Literal["damped", "undamped", "undecided"]


@dataclass(frozen=True, kw_only=True)
class NetworkMode:
    """One of the strongest modes of a game of networks.

    Attributes:
        frequency: ``|f'(0)| sigma``, with which it turns if nothing damps it.
        curvature: ``q = u^T Q u``, on the point's own sample.
        interval: where q is, with confidence 99 %, by the independent sample; by the point's own if there is none.
        loss_damping: ``2 |f''(0)| u^T K u``, on the point's own real batch; 0 for a loss that is linear at 0.
        loss_interval: likewise.
        ratio: zeta, ``(rho q + loss_damping) / (2 frequency)``: 0 undamped, 1 critical.
        residual: ``|R R^T u - sigma^2 u| / sigma^2``.
        multiplicity: of the cluster of frequencies that it belongs to, as far as it was found. Within it, modes are
            those directions that are least and most damped.
        verdict: ``damped``: the lower bound of the damping exceeds the tolerance; ``undamped``: u is a witness, its
            upper bound does not, on either sample; ``undecided``: neither, or u is no singular vector to be relied on.
    """

    frequency: float
    curvature: float
    interval: tuple[float, float]
    loss_damping: float
    loss_interval: tuple[float, float]
    ratio: float
    residual: float
    multiplicity: int
    verdict: Judgement


@dataclass(frozen=True, kw_only=True, eq=False)
class ModalTable:
    """The k strongest generator-visible modes at one point.

    Attributes:
        modes: strongest first; fewer than ``asked`` where R has no more or they did not converge; maybe none.
        rho: for which the ratios and verdicts are.
        asked: k.
        p, q: number of the critic's and of the generator's parameters.
        trace: of Q.
        threshold: damping up to this counts as none: the tolerance times the mean eigenvalue of
            ``A = rho Q + 2 |f''(0)| K``.
        samples: N, of the penalty; and of the second sample, or 0.
        game: restricted to these modes (Galerkin): ``U^T Q U``, ``U^T K U`` and ``diag(sigma)``. Its spectrum is that
            of the full game where span U is mapped to itself by Q, and an approximation elsewhere.
        again: the same modes with Q and K of the second sample; ``None`` without one.
        critic: ``(p, k)``, u.
        notes: what did not converge or could not be done.
    """

    modes: tuple[NetworkMode, ...]
    rho: float
    asked: int
    p: int
    q: int
    trace: Trace
    threshold: float
    samples: tuple[int, int]
    game: LinearGame = field(repr=False)
    again: LinearGame | None = field(repr=False)
    critic: Matrix = field(repr=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def best(self) -> BestRho:
        """The coefficient with which the slowest of these modes decays fastest."""
        return best_rho(self.game)

    @cached_property
    def simultaneous(self) -> StepLimit:
        """The largest simultaneous Euler step of these modes."""
        return largest_step(self.game, scheme="simultaneous")

    @cached_property
    def alternating(self) -> StepLimit:
        """The largest alternating Euler step of these modes, the critic first."""
        return largest_step(self.game, scheme="alternating")

    @property
    def undamped(self) -> tuple[NetworkMode, ...]:
        """The modes of which a witness says that they never decay."""
        return tuple(mode for mode in self.modes if mode.verdict == "undamped")

    @property
    def verdict(self) -> Judgement:
        """``undamped`` if any mode is, ``damped`` if all that were asked for or exist are, else ``undecided``.

        With no mode at all there is nothing to damp, and it is ``damped``.
        """
        if self.undamped:
            return "undamped"
        decided = not self.notes and all(mode.verdict == "damped" for mode in self.modes)
        return "damped" if decided else "undecided"

    @property
    def claim(self) -> str:
        """What the table says, and what it does not."""
        if not self.modes:
            found = (
                "the generator moves no direction of the critic that could be found, so that there is no mode to damp"
            )
        elif self.undamped:
            listed = ", ".join(f"{mode.frequency:.3g}" for mode in self.undamped)
            found = f"the linearised gradient flow has an undamped mode (frequency {listed})"
        elif self.verdict == "damped":
            found = "the linearised gradient flow has no undamped mode"
        else:
            found = "whether the linearised gradient flow has an undamped mode is undecided"
        among = f"among the {len(self.modes)} strongest generator-visible modes" if self.modes else ""
        by = (
            f"the damping is bounded at {CONFIDENCE:.0%} by an independent sample of {self.samples[1]} points"
            if self.samples[1]
            else f"the damping is judged on the same sample of {self.samples[0]} points, without an independent one"
        )
        step = (
            f"; the largest stable Euler step of these modes is about {self.simultaneous.step:.3g}"
            if self.modes
            else ""
        )
        return (
            f"For this batch, at this point, {' '.join(filter(None, (found, among)))}; {by}{step}. "
            "It is no proof that training is stable, and says nothing of other modes, of momentum, or of how far from "
            "this point it holds."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it: an infinity is ``"inf"`` or ``"-inf"``, NaN ``None``."""
        best, steps = self.best, {"simultaneous": self.simultaneous, "alternating": self.alternating}
        table: dict[str, Any] = plain(
            {
                "rho": self.rho,
                "modes": [vars(mode) for mode in self.modes],
                "asked": self.asked,
                "parameters": {"critic": self.p, "generator": self.q},
                "trace": vars(self.trace),
                "threshold": self.threshold,
                "samples": self.samples,
                "abscissa": self.game.abscissa,
                "best_rho": {"rho": best.rho, "rate": best.rate, "because": best.because},
                "largest_step": {name: {"step": s.step, "because": s.because} for name, s in steps.items()},
                "verdict": self.verdict,
                "notes": self.notes,
                "claim": self.claim,
            },
            infinity="text",
            nan="null",
        )
        return table


def modal_table(
    point: GamePoint,
    *,
    k: int = 10,
    second: GamePoint | None = None,
    rho: float | None = None,
    tell: Tell | None = None,
    find: Callable[..., Triplets] = leading_triplets,
    seed: int = 0,
    probes: int = 8,
    tolerance: float = 1e-3,
    accuracy: float = 1e-3,
    restarts: int = 20,
    residual: float = 1e-2,
    cluster: float = 1e-4,
) -> ModalTable:
    """Find the k strongest modes of ``C C^T`` with ``C = f'(0) R``, and bound the damping of each.

    An undamped mode of J is an eigenvector u of ``C C^T`` with ``A u = 0`` (see :attr:`LinearGame.undamped`), so that
    it is enough to look at ``u^T A u`` for each; within a cluster of equal frequencies, at the directions that
    diagonalise A there, the least damped among them. ``u^T Q u`` is a mean of non-negative terms
    ``m_i |B(x_i) u|^2``, whose 99 % interval is found by the bootstrap on points that had no part in finding u. The
    points are taken as independent.

    Args:
        point: at an equilibrium; elsewhere J has not this form.
        k: how many modes.
        second: the same parameters with an independent batch.
        rho: coefficient; by default the point's.
        tell: told of progress.
        find: finds the modes of R; a :class:`gpreg_theory.networks.strongest.StrongestModes` that several calls share
            finds those of one R once.
        seed: of all random numbers.
        probes: for the trace of Q.
        tolerance: damping up to this fraction of the mean eigenvalue of A counts as none.
        accuracy: of the squared singular values, relative; that reached is told by each mode's residual.
        restarts: of the iteration, at most; what has converged by then is returned, and a note says so.
        residual: a vector with more than this is not taken for an eigenvector.
        cluster: frequencies that differ by less, relative to the larger, are one cluster.

    Raises:
        UsageError: k < 1, the two points differ in their parameters, or the loss has no f.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least one mode")
    if second is not None and not (torch.equal(point.psi, second.psi) and torch.equal(point.theta, second.theta)):
        raise UsageError("the second point has other parameters; only its batch should differ")
    concave, rho = point.concave, point.rho if rho is None else rho
    found = find(point, k, tolerance=accuracy, restarts=restarts, seed=seed, tell=tell)
    own = Responses.of(point, found.left, "damping", tell)
    fresh = None if second is None else Responses.of(second, found.left, "damping, second batch", tell)
    weight = 2 * abs(concave.curvature)
    turn, sizes = _within_clusters(found.sigma, cluster, rho * own.Q + weight * own.K)
    own, judged = own.turned(turn), (fresh or own).turned(turn)

    def restricted(to: Responses) -> LinearGame:
        R = turn.T @ np.diag(found.sigma)
        return LinearGame(Q=to.Q, R=R, rho=rho, K=to.K, slope=concave.slope, curvature=concave.curvature)

    game = restricted(own)
    U, gram = found.left @ turn.astype(found.left.dtype), found.gram @ turn.astype(found.gram.dtype)
    size = trace(point, probes=probes, seed=seed)
    of_loss = weight * outer_trace(point, probes=probes, seed=seed).value if weight else 0.0
    threshold = tolerance * (rho * size.value + of_loss) / max(point.p, 1)
    modes = []
    for i, sigma in enumerate(np.sqrt(np.einsum("pk,pk->k", U, gram, dtype=np.float64)).tolist()):
        bounds = interval(judged.penalty(i), seed=seed)
        loss_low, loss_high = interval(judged.loss(i), seed=seed)
        frequency = abs(concave.slope) * sigma
        damping = float(game.damping[i, i])
        off = float(linalg.norm(gram[:, i] - sigma**2 * U[:, i]) / sigma**2)
        lowest, highest = rho * bounds[0] + weight * loss_low, rho * bounds[1] + weight * loss_high
        modes.append(
            NetworkMode(
                frequency=frequency,
                curvature=float(own.Q[i, i]),
                interval=bounds,
                loss_damping=weight * float(own.K[i, i]),
                loss_interval=(weight * loss_low, weight * loss_high),
                ratio=damping / (2 * frequency),
                residual=off,
                multiplicity=sizes[i],
                verdict=_judge(lowest, max(highest, damping), threshold) if off <= residual else "undecided",
            )
        )
    return ModalTable(
        modes=tuple(modes),
        rho=rho,
        asked=k,
        p=point.p,
        q=point.q,
        trace=size,
        threshold=threshold,
        samples=(len(own.gradients), 0 if fresh is None else len(fresh.gradients)),
        game=game,
        again=None if fresh is None else restricted(judged),
        critic=U,
        notes=(found.note,) if found.note else (),
    )


def _judge(lowest: float, highest: float, threshold: float) -> Judgement:
    if lowest > threshold:
        return "damped"
    return "undamped" if highest <= threshold else "undecided"


def _within_clusters(sigma: Vector, width: float, A: Matrix) -> tuple[Matrix, list[int]]:
    """``(k, k)``, turns each cluster of frequencies so that A is diagonal on it; and each mode's cluster's size."""
    gaps = np.flatnonzero(sigma[:-1] - sigma[1:] > width * sigma[:-1]) + 1
    turn, sizes = np.eye(len(sigma)), []
    for start, stop in pairwise([0, *gaps.tolist(), len(sigma)]):
        part = slice(start, stop)
        if stop - start > 1:
            turn[part, part] = linalg.eigh(A[part, part])[1]
        sizes += [stop - start] * (stop - start)
    return turn, sizes

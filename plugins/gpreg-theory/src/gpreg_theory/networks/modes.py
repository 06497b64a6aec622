"""The modal table: how much each of the strongest generator-visible modes of a real game is damped."""

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
        frequency: ``|f'(0)| sigma``, the angular frequency of the undamped mode.
        curvature: ``q = u^T Q u``, on the point's own sample.
        interval: the 99 % interval of q by the independent sample, or by the point's own if there is no other.
        loss_damping: ``2 |f''(0)| u^T K u``, on the point's own real batch; 0 for a loss that is linear at 0.
        loss_interval: the 99 % interval of the loss's damping, in the same way.
        ratio: zeta, ``(rho q + loss_damping) / (2 frequency)``: 0 undamped, 1 critical.
        residual: ``|R R^T u - sigma^2 u| / sigma^2``.
        multiplicity: the number of modes in its cluster of nearly equal frequencies, as far as they were found. Within
            a cluster the modes are rotated so that they diagonalise the damping.
        verdict: ``damped`` if the lower bound on the damping exceeds the tolerance; ``undamped`` if the upper bound
            does not, on both samples; else ``undecided``, also where u is not accurate enough as a singular vector.
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
        modes: the modes, strongest first; fewer than ``asked``, or none, where R has no more or they did not converge.
        rho: the coefficient to which ratios and verdicts belong.
        asked: k, the number of modes that was asked for.
        p, q: number of the critic's and of the generator's parameters.
        trace: the trace of Q.
        threshold: damping up to this counts as none: the tolerance times the mean eigenvalue of
            ``A = rho Q + 2 |f''(0)| K``.
        samples: the number of points N of the penalty's sample, and of the second one (or 0).
        game: the game restricted to these modes (Galerkin): ``U^T Q U``, ``U^T K U`` and ``diag(sigma)``. Its spectrum
            is part of the full game's if Q maps span U to itself, and else an approximation.
        again: the same restricted game with Q and K of the second sample; ``None`` without one.
        critic: ``(p, k)``, the directions u.
        notes: what did not converge, or could not be done.
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
        """The modes whose verdict is that they never decay."""
        return tuple(mode for mode in self.modes if mode.verdict == "undamped")

    @property
    def verdict(self) -> Judgement:
        """``undamped`` if any mode is; ``damped`` if all are, as many as were asked for or exist; else ``undecided``.

        With no mode at all there is nothing to damp, and it is ``damped``.
        """
        if self.undamped:
            return "undamped"
        decided = not self.notes and all(mode.verdict == "damped" for mode in self.modes)
        return "damped" if decided else "undecided"

    @property
    def claim(self) -> str:
        """What the table claims, and what it does not, in words."""
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
    it is enough to look at ``u^T A u`` for each. Within a cluster of equal frequencies the eigenvectors are chosen to
    diagonalise A, so that the least damped direction is among them. ``u^T Q u`` is a mean of non-negative terms
    ``m_i |B(x_i) u|^2``; its 99 % interval is found by the bootstrap on points that had no part in finding u, and that
    are taken to be independent.

    Args:
        point: the game at an equilibrium; elsewhere J has not this form.
        k: the number of modes.
        second: the game with the same parameters and an independent batch.
        rho: the coefficient; by default the point's.
        tell: told of progress.
        find: finds the modes of R. If several calls share a :class:`gpreg_theory.networks.strongest.StrongestModes`, it
            finds those of the same R only once.
        seed: the seed of all random numbers.
        probes: the number of probes for the trace of Q.
        tolerance: damping up to this fraction of the mean eigenvalue of A counts as none.
        accuracy: the relative error of the squared singular values that is aimed at; each mode's residual says how well
            it was reached.
        restarts: the most restarts of the iteration; what has converged by then is returned, with a note.
        residual: a vector with more than this is not taken for an eigenvector.
        cluster: frequencies that differ by less, relative to the larger, are one cluster.

    Raises:
        UsageError: k < 1, the two points differ in their parameters, or the loss has not the form
            ``E_pd f(D) + E_pg f(-D)``.
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
    """The rotation ``(k, k)`` that makes A diagonal on each cluster of frequencies; and each mode's cluster's size."""
    gaps = np.flatnonzero(sigma[:-1] - sigma[1:] > width * sigma[:-1]) + 1
    turn, sizes = np.eye(len(sigma)), []
    for start, stop in pairwise([0, *gaps.tolist(), len(sigma)]):
        part = slice(start, stop)
        if stop - start > 1:
            turn[part, part] = linalg.eigh(A[part, part])[1]
        sizes += [stop - start] * (stop - start)
    return turn, sizes

"""Rates of their own for critic and generator, or for each parameter, as another linear game with one rate."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from gpreg.errors import UsageError
from gpreg_theory.linear.game import LinearGame, Vector


def preconditioned(game: LinearGame, critic: ArrayLike = 1.0, generator: ArrayLike = 1.0) -> LinearGame:
    """The game whose critic steps are multiplied by P and whose generator steps by P', both diagonal, fixed, positive.

    ``diag(P, P') J`` is similar to the J of ``Q -> P^(1/2) Q P^(1/2)``, ``K -> P^(1/2) K P^(1/2)`` and
    ``R -> P^(1/2) R P'^(1/2)``, in the coordinates ``P^(-1/2) v`` and ``P'^(-1/2) w``. One step of size h of the
    result is one step of the rates h P and h P' of the game, simultaneous or alternating. Two time scales are the
    case of two numbers; the rates ``(sqrt(k), 1/sqrt(k))`` leave R as it is and multiply A by sqrt(k), so that two
    time scales and another rho are the same thing: TTUR with the ratio 1/k of generator to critic is
    ``rho -> sqrt(k) rho`` for a Wasserstein loss. The momentum and the adaptive rates of Adam are not fixed: they are
    outside this theory.

    Args:
        game: what is linearised.
        critic: P, a positive number or ``(p,)``.
        generator: P', a positive number or ``(q,)``.

    Raises:
        UsageError: a rate that is not a positive number, or the wrong number of them.
    """
    left, right = _root("critic", critic, game.p), _root("generator", generator, game.q)
    K = None if game.K is None else left[:, None] * game.K * left
    return replace(game, Q=left[:, None] * game.Q * left, K=K, R=left[:, None] * game.R * right)


def _root(name: str, given: ArrayLike, size: int) -> Vector:
    rates = np.asarray(given, dtype=np.float64)
    if rates.shape not in {(), (size,)}:
        raise UsageError(f"the {name}'s rates have shape {rates.shape}; they must be one number or ({size},)")
    if not (np.isfinite(rates).all() and (rates > 0).all()):
        raise UsageError(f"the {name}'s rates must be positive numbers")
    return np.sqrt(np.broadcast_to(rates, (size,)))

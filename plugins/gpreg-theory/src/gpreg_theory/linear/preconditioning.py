"""Different learning rates for the players, or for each parameter, expressed as another linear game with one rate."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from gpreg.errors import UsageError
from gpreg_theory.linear.game import LinearGame, Vector


def preconditioned(game: LinearGame, critic: ArrayLike = 1.0, generator: ArrayLike = 1.0) -> LinearGame:
    """The game whose critic steps are multiplied by P and generator steps by P', both fixed, diagonal and positive.

    ``diag(P, P') J`` is similar to the J of ``Q -> P^(1/2) Q P^(1/2)``, ``K -> P^(1/2) K P^(1/2)`` and
    ``R -> P^(1/2) R P'^(1/2)``, in the coordinates ``P^(-1/2) v`` and ``P'^(-1/2) w``. A step of size h of the result
    is a step of the original game with the rates h P and h P', simultaneous or alternating. Two time scales (TTUR) are
    the case of two numbers. The rates ``(sqrt(k), 1/sqrt(k))`` leave R as it is and multiply A by sqrt(k), so that two
    time scales amount to another rho: for a Wasserstein loss, the ratio 1/k of generator to critic rate is
    ``rho -> sqrt(k) rho``. Momentum and the adaptive rates of Adam are not fixed, and outside this theory.

    Args:
        game: the linear game.
        critic: P, a positive number or positive numbers ``(p,)``.
        generator: P', a positive number or positive numbers ``(q,)``.

    Raises:
        UsageError: a rate is not a positive number, or there is a wrong number of rates.
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

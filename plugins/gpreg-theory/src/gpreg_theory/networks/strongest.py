"""The strongest modes of games that differ by their penalty alone, found once: R has no part of the penalty in it."""

from typing import Any

import torch
from torch import Tensor

from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Tell, Triplets, leading_triplets


class StrongestModes:
    """:func:`leading_triplets` that remembers what it found, for as long as it is kept.

    Two points have one R if critic and generator are equal, tensor by tensor, count the same parameters, and the codes
    and their labels are equal. The networks are taken to be of one kind: nobody else asks the same object.
    """

    def __init__(self) -> None:
        self._found: list[tuple[GamePoint, dict[str, Any], Triplets]] = []

    def __call__(self, point: GamePoint, k: int, *, tell: Tell | None = None, **settings: Any) -> Triplets:
        """As :func:`leading_triplets`, with ``tolerance``, ``restarts`` and ``seed``."""
        settings = {"k": k, **settings}
        for known, asked, triplets in self._found:
            if asked == settings and one_response(known, point):
                return triplets
        triplets = leading_triplets(point, tell=tell, **settings)
        self._found.append((point, settings, triplets))
        return triplets


def one_response(first: GamePoint, second: GamePoint) -> bool:
    """Whether two points of one kind of networks have the same R, whatever their penalties are."""
    return all(map(_alike, _material(first), _material(second))) and (first.p, first.q) == (second.p, second.q)


def _material(point: GamePoint) -> tuple[Any, ...]:
    networks = [point.critic.network, None if point.generator is None else point.generator.network]
    states = [{} if network is None else network.state_dict() for network in networks]
    return (*states, {"psi": point.psi, "theta": point.theta, "latent": point.latent, "labels": point.fake_labels})


def _alike(one: dict[str, Tensor | None], other: dict[str, Tensor | None]) -> bool:
    if one.keys() != other.keys():
        return False
    return all(
        own is there if own is None or there is None else own.dtype == there.dtype and torch.equal(own, there)
        for own, there in ((one[name], other[name]) for name in one)
    )

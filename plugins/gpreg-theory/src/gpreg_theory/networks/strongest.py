"""The strongest modes of games that differ only in their penalty, found once, because R does not depend on it."""

from typing import Any

import torch
from torch import Tensor

from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Tell, Triplets, leading_triplets


class StrongestModes:
    """:func:`leading_triplets` with a memory of what it found.

    Two points have the same R if their critics and generators are equal, tensor by tensor and in the parameters that
    count, and the codes and their labels are equal. The networks must be of one architecture, which is not compared.
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
    """Whether two points with networks of one architecture have the same R, whatever their penalties are."""
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

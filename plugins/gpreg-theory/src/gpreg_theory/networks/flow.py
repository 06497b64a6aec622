"""The gradient flow of two real networks on their losses and the penalty, and products with its Jacobian."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg_theory.networks.players import gradient

if TYPE_CHECKING:
    from gpreg_theory.networks.point import GamePoint


@torch.enable_grad()
def field(point: "GamePoint") -> tuple[Tensor, Tensor]:
    """Psi' and theta' of the gradient flow; see :meth:`GamePoint.field`."""
    psi = point.critic.zeros()
    pull: list[Tensor] = []
    for x, critic_loss, generator_loss in _encounters(point):
        psi -= point.critic.slope(critic_loss)
        pull += gradient(generator_loss, [x])
    for penalty in _penalties(point):
        psi -= point.critic.slope(penalty)
    if point.generator is None or point.latent is None:
        return psi, point.theta
    return psi, -point.generator.adjoint(point.latent, point.fake_labels, torch.cat(pull))


@torch.enable_grad()
def field_product(point: "GamePoint", v: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """The Jacobian of :func:`field` times (v, w); see :meth:`GamePoint.field_product`."""
    psi = point.critic.zeros()
    pull: list[Tensor] = []
    turn: list[Tensor] = []
    samples_move = _samples_move(point, w)
    for (x, critic_loss, generator_loss), dx in zip(_encounters(point), samples_move, strict=True):
        (slope,) = gradient(critic_loss, [x], graph=True)
        psi -= point.critic.slope(point.critic.along(critic_loss, v) + (slope * dx).sum())
        (slope,) = gradient(generator_loss, [x], graph=True)
        turn += gradient(point.critic.along(generator_loss, v) + (slope * dx).sum(), [x])
        pull.append(slope.detach())
    for penalty in _penalties(point):
        psi -= point.critic.slope(point.critic.along(penalty, v))
    if point.generator is None or point.latent is None:
        return psi, point.theta
    theta = point.generator.adjoint(point.latent, point.fake_labels, torch.cat(turn))
    return psi, -theta - point.generator.bend(point.latent, point.fake_labels, torch.cat(pull), w)


def _samples_move(point: "GamePoint", w: Tensor) -> Iterable[Tensor]:
    """The derivative of the fakes along w, a chunk at a time."""
    if point.generator is None or point.latent is None:
        moved = torch.zeros_like(_fakes(point))
    else:
        moved = point.critic.convert(point.generator.tangent(point.latent, point.fake_labels, w))
    return (dx for (dx,) in point.critic.chunks(moved))


def _fakes(point: "GamePoint") -> Tensor:
    if point.fake is None or len(point.fake) != len(point.real):
        given = "none" if point.fake is None else str(len(point.fake))
        raise UsageError(
            f"the field compares fake with real samples one by one: there are {len(point.real)} real and {given} "
            "fake; give as many codes (or fakes) as real samples"
        )
    return point.fake


def _encounters(point: "GamePoint") -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """For each chunk, the fakes and their share of the critic's and the generator's mean loss."""
    n = len(point.real)
    for x, y, real, labels in point.critic.leaves(_fakes(point), point.fake_labels, point.real, point.labels):
        on_fake, on_real = point.critic.outputs(x, y), point.critic.outputs(real, labels)
        generator_loss = point.loss.generator_loss(on_fake, on_real if point.loss.needs_real else None)
        yield x, point.loss.critic_loss(on_real, on_fake).sum() / n, generator_loss.sum() / n


def _penalties(point: "GamePoint") -> Iterator[Tensor]:
    """For each chunk, its share of ``(rho/2) mean m |grad D|^2``, with its graph."""
    if point.sample is None:
        return
    points, weights = point.sample.points, point.sample.weights
    given, size = (None, len(points)) if callable(weights) else (point.weights, None)
    for x, y, constant in point.critic.leaves(points, point.sample.labels, given, size=size):
        outputs = point.critic.outputs(x, y)
        (grad,) = gradient(outputs.sum(), [x], graph=True)
        squares = grad.flatten(1).square().sum(1)
        m = weights(outputs) if callable(weights) else constant
        yield (squares if m is None else squares * m).sum() * (0.5 * point.rho / len(points))

"""Assumption 2: along the directions that the linearised game does not see, penalty and mismatch stay zero."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from scipy import linalg
from torch import Tensor, nn
from torch.nn.utils import vector_to_parameters

from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import FEWEST, first, running
from gpreg_theory.checks.evidence.frozen import NO_PSI, NO_THETA, frozen_game
from gpreg_theory.checks.evidence.operations import described, kinks
from gpreg_theory.checks.evidence.zero_sets import DIRECTIONS, TOLERANCES, Constancy, agreed, constancy
from gpreg_theory.linear.game import Matrix, Vector
from gpreg_theory.networks.features import Features
from gpreg_theory.networks.players import CriticPlayer, gradient
from gpreg_theory.networks.point import GamePoint

LARGEST = 3000
"""The most parameters that a player may have for its null directions to be followed."""

WIDE = 1024
"""The widest last layer whose Q is formed before training."""

POINTS = 32
"""The most samples that are used; the coordinates of the gradient at each are residuals."""

RESIDUALS = 256
"""The most residuals in all."""


@deciding("2")
def check(case: Case) -> Iterable[Said]:
    """Look at the zeros of ``h(psi) = E_mu |grad_x D|^2`` and ``g(theta) = |E_pd grad_psi D - E_ptheta grad_psi D|^2``.

    The assumption is about both. Before training only h can be looked into.
    """
    if case.point == "equilibrium":
        yield _at_equilibrium(case)
    elif case.constant:
        yield _before_training(case)
    else:
        yield undecided("this is not an equilibrium, which the assumption is about")


def _at_equilibrium(case: Case) -> Said:
    rough, n = _kinks(case.batch), len(case.batch.real)
    if rough or n < FEWEST:
        evidence = f"a player is not smooth ({rough}), so that the exponents of h and g are not defined"
        remedy = "use a smooth activation, softplus or tanh" if rough else f"give {FEWEST} or more"
        return undecided(evidence if rough else f"{n} samples are too few", remedy)
    halves: dict[str, list[Constancy]] = {"h": [], "g": []}
    for batch in case.pair:
        game = frozen_game(case, batch, limit=_limit(batch))
        if max(game.p, game.q) > LARGEST:
            evidence = f"the players have {game.p} and {game.q} parameters; null directions are followed in "
            return undecided(f"{evidence}up to {LARGEST}", "check a smaller network of the same kind")
        if not (game.q and game.p):
            return undecided(NO_PSI if game.q else NO_THETA)
        h, g = _penalty(game), _mismatch(game)
        if h is None:
            return undecided("grad D is not zero under mu, so that this is no zero of h; see assumption 6c")
        halves["h"].append(h)
        halves["g"].append(g)
    return _verdict(halves)


def _before_training(case: Case) -> Said:
    """The penalty at a zero last layer, ``h(W, a) = a^T Q(W) a``, where W are the weights of all other layers."""
    lead = "half of it, g, needs the trained generator. The other"
    batch = case.batch
    game = frozen_game(case, batch, limit=max(_limit(batch), min(len(batch.real), 512)))
    sample = game.sample
    if sample is None:
        evidence = f"{lead}, h, is 0, for mu is the zero measure"
        return undecided(evidence, statistics={"h": {"literal": "holds", "morse_bott": "holds"}})
    told = f"{lead}, h = a^T Q a with the last layer's weights a, is constant along null directions of a alone, and of "
    told += "all other weights alone (proved: D is linear in a)"
    statistics: dict[str, Any] = {"last_layer": {"literal": "holds"}}
    features = Features(game.critic.network, game.real[:16], None if game.labels is None else game.labels[:16])
    width = features.size - features.bias
    if width > WIDE or batch.real.shape[1:].numel() > 64:
        evidence = (
            f"{told}. Mixed ones are not looked into for samples of more than 64 numbers and layers wider than {WIDE}"
        )
        return undecided(evidence, statistics=statistics)
    Q = features.penalty_matrix(sample.points, game.weights, sample.labels)
    values = linalg.eigvalsh(Q[:width, :width])
    ranks = [int((values > tolerance**2 * values.max(initial=0.0)).sum()) for tolerance in TOLERANCES]
    statistics["last_layer"] |= {"width": width, "ranks": ranks}
    if min(ranks) == width:
        evidence = f"{told}. There are no others, for Q is regular: for h the assumption holds, and literally"
        statistics["h"] = {"literal": "holds", "morse_bott": "holds"}
        return undecided(evidence, statistics=statistics)
    evidence = f"{told}. Q has rank {ranks[1]} of {width}: along mixed directions h is of fourth order"
    rough = _kinks(batch, critic_only=True)
    if rough:
        evidence += f", or not even smooth, as the critic is not ({rough})"
        return undecided(evidence, "use a smooth activation, softplus or tanh", statistics)
    if game.p > LARGEST:
        evidence += f"; with {game.p} parameters (more than {LARGEST}) these are not followed"
        return undecided(evidence, statistics=statistics)
    h = _penalty(frozen_game(case, batch, limit=_limit(batch)))
    if h is not None:
        statistics["h"] = asdict(h)
        evidence += f"; followed, h {_half(h)}"
    return undecided(evidence, statistics=statistics)


def _verdict(halves: dict[str, list[Constancy]]) -> Said:
    statistics: dict[str, Any] = {name: [asdict(own) for own in runs] for name, runs in halves.items()}
    parts = {name: agreed([own.morse_bott for own in runs]) for name, runs in halves.items()}
    literal = [own.literal for runs in halves.values() for own in runs]
    statistics["literal"] = "fails" if "fails" in literal else agreed(literal)
    statistics["morse_bott"] = "fails" if "fails" in parts.values() else agreed(list(parts.values()))
    told = "; ".join(f"{name} {_half(runs[1])}" for name, runs in halves.items())
    if statistics["morse_bott"] == "undecided":
        return undecided(f"{told}: the null tolerances or the batches disagree", statistics=statistics)
    evidence = f"{told} (along {DIRECTIONS} random null directions, at {len(TOLERANCES)} tolerances, twice)"
    if statistics["morse_bott"] == "holds":
        return holds(evidence, statistics=statistics)
    remedy = "give the generator, or the critic, a parametrisation without stationary points at the equilibrium"
    return violated(evidence, remedy, statistics)


def _half(own: Constancy) -> str:
    if own.nullity == 0:
        return "has a regular Hessian, so that its zero is isolated"
    if own.morse_bott == "fails":
        return f"grows with power {own.slope:.2g} along a null direction of its Hessian, and has no zero nearby"
    if own.morse_bott == "undecided":
        return "is not decided"
    if own.literal == "holds":
        return "is constant along the null directions of its Hessian"
    return (
        f"is zero on a manifold, but a curved one: along straight null directions it grows with power {own.slope:.2g}"
    )


def _penalty(point: GamePoint) -> Constancy | None:
    """How h behaves, by its residuals ``sqrt(m_i / N) grad_x D(x_i)``; ``None`` if h is not zero here."""
    start = point.psi.numpy().copy()
    if point.sample is None:
        return constancy(lambda psi: np.zeros(1), np.zeros((1, len(start))), start)
    player = point.critic
    x, y = point.sample.points, point.sample.labels
    weight = (x.new_ones(len(x)) if point.weights is None else point.weights).div(len(x)).sqrt().view(-1, 1)

    @torch.enable_grad()
    def residual(psi: Vector) -> Vector:
        vector_to_parameters(torch.from_numpy(psi), player.parameters)
        leaf = x.detach().requires_grad_()
        (slope,) = gradient(player.outputs(leaf, y).sum(), [leaf])
        r: Vector = (slope.flatten(1) * weight).flatten().numpy()
        return r

    jacobian = _critic_jacobian(player, x, y, weight)
    size = float(linalg.norm(jacobian)) * max(float(linalg.norm(start)), 1.0)
    if linalg.norm(residual(start)) > 1e-8 * size:
        return None
    return constancy(residual, jacobian, start)


def _mismatch(point: GamePoint) -> Constancy:
    """How g behaves, by its residuals ``E[grad_psi D(G(z; theta))] - E[grad_psi D(G(z; theta*))]`` over the same codes.

    The second mean takes the place of that under p_d, which it equals at an equilibrium, so that the noise of the codes
    cancels.
    """
    critic, maker = point.critic, point.generator
    if maker is None or point.latent is None:
        raise ValueError("a mismatch needs a generator")
    latent, labels = point.latent, point.fake_labels
    start, jacobian = maker.vector.numpy().copy(), point.r_matrix()

    def mean_slope(theta: Vector) -> Vector:
        vector_to_parameters(torch.from_numpy(theta), maker.parameters)
        fake = maker.samples(latent, labels)
        mean: Vector = (critic.moved_adjoint(fake, labels, torch.full((len(fake),), 1 / len(fake)).to(fake))).numpy()
        return mean

    at_start = mean_slope(start)
    return constancy(lambda theta: mean_slope(theta) - at_start, jacobian, start)


@torch.enable_grad()
def _critic_jacobian(player: CriticPlayer, x: Tensor, y: Tensor | None, weight: Tensor) -> Matrix:
    """``(n, p)``, the derivative of the residuals of h by psi."""
    leaf = x.detach().requires_grad_()
    (slope,) = gradient(player.outputs(leaf, y).sum(), [leaf], graph=True)
    residuals = (slope.flatten(1) * weight).flatten()
    if not residuals.requires_grad:
        return np.zeros((len(residuals), player.size))
    rows = [
        torch.autograd.grad(r, player.parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        for r in residuals
    ]
    jacobian: Matrix = torch.stack([player.join(row) for row in rows]).numpy()
    return jacobian


def _kinks(batch: PenaltyBatch, *, critic_only: bool = False) -> str:
    """The operations of the players that are not known to be smooth, in words; empty if there are none."""
    few = first(batch, 4)
    inputs = [("the critic", few.critic, few.real, few.labels)]
    if not critic_only and few.latent is not None:
        inputs.append(("the generator", few.generator, few.latent, few.labels_of_fake))
    found = []
    for what, network, *given in inputs:
        if isinstance(network, nn.Module):
            with running(what):
                found.append(kinks(network, *given))
    return ", ".join(described(own) for own in found if own)


def _limit(batch: PenaltyBatch) -> int:
    coordinates: int = batch.real.shape[1:].numel()
    return max(2, min(POINTS, RESIDUALS // coordinates))

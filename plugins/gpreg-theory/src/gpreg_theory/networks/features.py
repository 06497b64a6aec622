"""The critic's last layer at the constructive equilibrium: Q, K and R as matrices, and what a measure covers."""

from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import linalg
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.interfaces import GANLoss, PenaltySample
from gpreg.penalties.autocast import outside_autocast
from gpreg_theory.linear.game import LinearGame, Matrix, Vector
from gpreg_theory.networks.equilibrium import at_zero, last_linear
from gpreg_theory.networks.players import CriticPlayer, gradient
from gpreg_theory.networks.point import GamePoint

WIDEST = 2048
"""The widest last layer whose p x p matrices are formed without a basis."""

ELEMENTS = 2**24
"""The most numbers of a Jacobian that are held at a time."""


class Features:
    """The features phi of the last layer: ``D(x) = <a, phi(x)>``, with the bias as the weight of a constant feature.

    At a = 0 the critic's other parameters drop out of Q, R and K, which are then those of a alone:

        Q_mu = E_mu[J_phi J_phi^T],   K = E_pd[phi phi^T],   R = d/dtheta E[phi(G(z; theta))].

    Args:
        critic: with a linear last layer; a copy in evaluation mode is used.
        points: ``(B, *x)``, a few samples such as the critic sees.
        labels: ``(B,)``, for a conditional critic.
        chunk: the most samples that are differentiated at a time.

    Attributes:
        critic: a copy of the critic with a = 0.
        parameters: names of the last layer's parameters.
        size: p, the number of features, with the constant one.
        bias: whether there is a constant feature; it is the last one.

    Raises:
        NoConstruction: the critic has no last layer that can be zeroed.
    """

    def __init__(self, critic: nn.Module, points: Tensor, labels: Tensor | None = None, *, chunk: int = 64) -> None:
        name, layer = last_linear(critic, points, labels)
        self.critic = at_zero(critic, points, labels)
        self.parameters = [f"{name}.{kind}".removeprefix(".") for kind, _ in layer.named_parameters()]
        self.player = CriticPlayer(self.critic, self.parameters, chunk=chunk)
        self.bias = layer.bias is not None
        self.size = layer.in_features + self.bias
        self._layer = self.player.network.get_submodule(name)

    def __call__(self, points: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(N, p)``, phi at the points."""
        with torch.no_grad():
            return torch.cat([self._features(x, y) for x, y in self.player.chunks(self.player.convert(points), labels)])

    def penalty_matrix(
        self, points: Tensor, weights: Tensor | None = None, labels: Tensor | None = None, basis: Tensor | None = None
    ) -> Matrix:
        """``(p, p)``, ``Q = mean m_i J_phi(x_i) J_phi(x_i)^T``; accumulated in float64.

        Args:
            points: ``(N, *x)``.
            weights: ``(N,)``.
            labels: ``(N,)``.
            basis: V, ``(p, r)``; the result is then the exact ``(r, r)`` matrix ``V^T Q V``, at the cost of r
                gradients.
        """
        points = self.player.convert(points)
        r = self.size if basis is None else basis.shape[1]
        size = max(1, min(self.player.chunk, ELEMENTS // (r * points[0].numel())))
        total = torch.zeros(r, r, dtype=torch.float64, device=self.player.device)
        own_weights = None if weights is None else self.player.convert(weights)
        for x, y, m in self.player.leaves(points, labels, own_weights, size=size):
            J = self._jacobian(x, y, basis).double()
            scaled = J if m is None else J * m.double().view(-1, 1, 1)
            total += torch.tensordot(scaled, J, dims=([0, 2], [0, 2]))
        matrix: Matrix = (total / len(points)).cpu().numpy()
        return (matrix + matrix.T) / 2

    def outer_matrix(self, points: Tensor, labels: Tensor | None = None, basis: Tensor | None = None) -> Matrix:
        """``(p, p)``, ``K = mean phi(x_i) phi(x_i)^T``; with a basis ``(r, r)``, ``V^T K V``."""
        phi = self(points, labels)
        phi = (phi if basis is None else phi @ self.player.convert(basis)).double()
        matrix: Matrix = (phi.T @ phi / len(phi)).cpu().numpy()
        return matrix

    def directions(self, points: Tensor, rank: int, labels: Tensor | None = None, seed: int = 0) -> Tensor:
        """``(p, r)``, orthonormal directions in which ``Q`` of the points is large, for layers too wide to treat whole.

        They span the range of ``J_phi`` along random directions of the samples; r is at most ``rank``.
        """
        points = self.player.convert(points)
        rng = torch.Generator(self.player.device).manual_seed(seed)
        pushed: list[Tensor] = []
        while sum(map(len, pushed)) < rank:
            for x, y in self.player.leaves(points[: rank - sum(map(len, pushed))], labels):
                direction = torch.randn(x.shape, generator=rng, device=x.device, dtype=x.dtype)
                pushed.append(self._push(x, y, direction))
        columns = torch.cat(pushed)[:rank].T.double()
        U, values, _ = torch.linalg.svd(columns, full_matrices=False)
        kept: Tensor = U[:, values > 1e-6 * values.max()]
        return kept

    @torch.enable_grad()
    def _features(self, x: Tensor, labels: Tensor | None) -> Tensor:
        seen: list[Tensor] = []
        hook = self._layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        try:
            with outside_autocast(x.device.type):
                self.player.outputs(x, labels)
        finally:
            hook.remove()
        phi = seen[0].reshape(len(x), -1)
        return torch.cat([phi, phi.new_ones(len(x), 1)], dim=1) if self.bias else phi

    @torch.enable_grad()
    def _push(self, x: Tensor, labels: Tensor | None, direction: Tensor) -> Tensor:
        """``(N, p)``, ``J_phi(x_i) direction_i``."""
        phi = self._features(x, labels)
        pick = torch.ones_like(phi, requires_grad=True)
        (grad,) = gradient((phi * pick).sum(), [x], graph=True)
        return gradient((grad * direction).sum(), [pick])[0]

    @torch.enable_grad()
    def _jacobian(self, x: Tensor, labels: Tensor | None, basis: Tensor | None) -> Tensor:
        """``(N, r, d)``, the Jacobian, by one gradient for each feature, or each coordinate where those are fewer."""
        phi = self._features(x, labels)
        d = x[0].numel()
        if basis is None and d < self.size:
            pick = torch.ones_like(phi, requires_grad=True)
            (grad,) = gradient((phi * pick).sum(), [x], graph=True)
            columns = [gradient(column.sum(), [pick])[0] for column in grad.flatten(1).unbind(1)]
            return torch.stack(columns, dim=2)
        shown = phi if basis is None else phi @ self.player.convert(basis)
        rows = [gradient(row.sum(), [x])[0].flatten(1) for row in shown.unbind(1)]
        return torch.stack(rows, dim=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage:
    """How well a measure's Q covers the directions that data makes visible.

    Attributes:
        constant: ``c = min v^T Q_mu v / v^T Q_d v`` over the range of Q_d: 1 for p_d, 2 for p_d + p_g, at least 1/n
            for midpoints of n atoms; 0 means that N(Q_mu) is not in N(Q_d). ``inf`` where Q_d is 0.
        witness: ``(p,)``, the unit vector v that attains it; ``None`` where Q_d is 0.
        rank: the rank of Q_d.
        tolerance: eigenvalues of Q_d up to this, relative to the largest, count as 0.
    """

    constant: float
    witness: Vector | None = field(repr=False)
    rank: int
    tolerance: float


def coverage(Q_mu: Matrix, Q_d: Matrix, *, tolerance: float = 1e-6) -> Coverage:
    """Find the coverage constant by a generalised eigenvalue problem on the range of Q_d.

    It takes the place of assumption 6b where the generator is not known: for a differentiable generator the range of R
    lies in that of ``Q_d = E_pd[J_phi J_phi^T]``, because ``u^T R w = E[(J_phi^T u) . dG w] = 0`` for u in N(Q_d).

    Args:
        Q_mu, Q_d: ``(p, p)``, symmetric and positive semidefinite, in the same basis.
        tolerance: see :class:`Coverage`.

    Raises:
        UsageError: the shapes differ.
    """
    if Q_mu.shape != Q_d.shape:
        raise UsageError(f"Q_mu is {Q_mu.shape} and Q_d {Q_d.shape}; they must be of one basis")
    values, vectors = linalg.eigh(Q_d)
    kept = values > tolerance * max(values.max(initial=0.0), np.finfo(np.float64).tiny)
    rank = int(kept.sum())
    if not rank:
        return Coverage(constant=float("inf"), witness=None, rank=0, tolerance=tolerance)
    whitened = vectors[:, kept] / np.sqrt(values[kept])
    ratios, turns = linalg.eigh(whitened.T @ Q_mu @ whitened, subset_by_index=[0, 0])
    witness = whitened @ turns[:, 0]
    return Coverage(
        constant=max(float(ratios[0]), 0.0), witness=witness / linalg.norm(witness), rank=rank, tolerance=tolerance
    )


def last_layer_game(
    critic: nn.Module,
    generator: nn.Module,
    *,
    real: Tensor,
    latent: Tensor,
    sample: PenaltySample | None,
    loss: GANLoss,
    rho: float = 1.0,
    labels: Tensor | None = None,
    basis: Tensor | None = None,
    chunk: int = 64,
) -> LinearGame:
    """Make the linear game of the last layer at a = 0, as matrices.

    The generator's parameters are rotated so that R is only ``(p, min(p, q))``, which changes neither ``R R^T`` nor the
    spectrum of J off N(J).

    Args:
        critic: a critic with a linear last layer, which need not be zero.
        generator, real, latent, sample, loss, rho, labels, chunk: as for :meth:`GamePoint.of`.
        basis: ``(p, r)``, orthonormal; restricts the game to these directions of the last layer.

    Raises:
        NoConstruction: the last layer cannot be zeroed.
        UsageError: the layer is wider than :data:`WIDEST`, and no basis is given.
    """
    features = Features(critic, real, labels, chunk=chunk)
    if basis is None and features.size > WIDEST:
        raise UsageError(
            f"the last layer has {features.size} weights; matrices of that size are formed up to {WIDEST}",
            remedy="give a basis, such as Features.directions, or use modal_table, which forms none",
        )
    point = GamePoint.of(
        features.critic,
        generator,
        real=real,
        latent=latent,
        sample=sample,
        loss=loss,
        rho=rho,
        labels=labels,
        parameters=features.parameters,
        chunk=chunk,
    )
    directions = torch.eye(features.size) if basis is None else basis
    rows = torch.stack([point.rt_product(point.critic.convert(v)) for v in directions.T]).double()
    R = torch.linalg.qr(rows.T, mode="r").R.T if rows.shape[1] > len(rows) else rows
    drawn = point.sample
    nothing = np.zeros((len(rows), len(rows)))
    return LinearGame(
        Q=nothing if drawn is None else features.penalty_matrix(drawn.points, point.weights, drawn.labels, basis),
        R=R.cpu().numpy(),
        rho=rho,
        K=features.outer_matrix(real, labels, basis),
        slope=point.concave.slope,
        curvature=point.concave.curvature,
    )

"""The game of two real networks at one point: products of vectors with Q, R, K and the Jacobian of the whole flow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator
from torch import Tensor, nn
from torch.nn.utils import vector_to_parameters

from gpreg.critics.examination import Examination
from gpreg.errors import UsageError
from gpreg.interfaces import GANLoss, PenaltySample
from gpreg.interfaces.loss import ConcaveF
from gpreg_theory.linear.game import LinearGame, Matrix, Vector
from gpreg_theory.networks import flow
from gpreg_theory.networks.players import CriticPlayer, GeneratorPlayer, refuse_unusable


@dataclass(frozen=True, kw_only=True, eq=False)
class GamePoint:
    """A critic, a generator, a frozen batch and a frozen penalty sample as a linear game. :meth:`of` makes it.

    With ``B(x) = d^2 D / dx dpsi``, weights m of the sample and means over the frozen points,

        Q = mean m_i B(x_i)^T B(x_i),   R = mean B(G(z_i))^T dG(z_i)/dtheta,   K = mean grad_psi D grad_psi D^T,

    which at an equilibrium make up the Jacobian of :class:`gpreg_theory.linear.game.LinearGame`. They are exact for the
    empirical measures. Elsewhere the Jacobian has no such block form, but :meth:`field_product` multiplies by it. For a
    ReLU critic, Q and R are defined almost everywhere.

    All vectors are in the networks' dtype and on their device; nothing that was given is modified.

    Attributes:
        critic, generator: copies of the networks; see :class:`gpreg_theory.networks.players.Player` for their mode.
            ``generator`` is ``None`` where only fakes are known: q is then 0.
        real: ``(n, *x)``.
        latent: ``(n, z)``.
        fake: ``(n, *x)``, G at ``latent``, or as given.
        sample: the draw of the penalty measure; ``None`` for the zero measure. How it depends on the players, through
            which the critic's gradient never passes, does not enter the Jacobian where grad D = 0.
        weights: ``(N,)``, the sample's weights at this point; ``None`` for ones. Weights that are a function of the
            outputs are evaluated here, and constant in Q.
        redraw: draws the penalty's sample anew for fakes ``(n, *x)`` at other points; ``None``: the sample stays.
    """

    critic: CriticPlayer
    generator: GeneratorPlayer | None
    real: Tensor
    latent: Tensor | None
    fake: Tensor | None
    sample: PenaltySample | None
    weights: Tensor | None
    loss: GANLoss
    rho: float
    labels: Tensor | None
    fake_labels: Tensor | None
    redraw: "Callable[[Tensor | None], PenaltySample | None] | None" = None

    @classmethod
    def of(
        cls,
        critic: nn.Module,
        generator: nn.Module | None,
        *,
        real: Tensor,
        latent: Tensor | None = None,
        sample: PenaltySample | None,
        loss: GANLoss,
        rho: float = 1.0,
        labels: Tensor | None = None,
        fake_labels: Tensor | None = None,
        fake: Tensor | None = None,
        parameters: Iterable[str] | None = None,
        generator_parameters: Iterable[str] | None = None,
        chunk: int = 64,
    ) -> "GamePoint":
        """Freeze the game at a point.

        Args:
            critic: ``(B, *x) [, (B,)] -> (B,)``.
            generator: ``(B, z) [, (B,)] -> (B, *x)``; ``None`` if only ``fake`` is known.
            real, latent: the samples ``(n, *x)`` and the generator's codes ``(n, z)``.
            sample, rho: the draw of the penalty measure, ``None`` for the zero measure; and the penalty's coefficient.
            loss: the players' objectives.
            labels: ``(n,)``, the classes of ``real``.
            fake_labels: ``(n,)``, the classes of the codes; by default ``labels``.
            fake: ``(n, *x)``, the fakes, if there is no generator.
            parameters, generator_parameters: names of the parameters that count; by default all that require a
                gradient.
            chunk: how many samples are differentiated at a time, which bounds the memory.

        Raises:
            BatchCouplingError: the critic, in its present mode, mixes samples.
            UsageError: an argument is missing or superfluous, or there is no such parameter.
        """
        if (generator is None) != (latent is None):
            raise UsageError("a generator and its latent codes belong together; give both or neither")
        if generator is not None and fake is not None:
            raise UsageError("fake samples and a generator were given; the generator makes its own from its codes")
        player = CriticPlayer(critic, parameters, chunk=chunk)
        real = player.convert(real)
        Examination()(critic, real, labels)
        fake_labels, maker = labels if fake_labels is None else fake_labels, None
        if fake is not None:
            fake = player.convert(fake)
        if generator is not None and latent is not None:
            maker = GeneratorPlayer(generator, generator_parameters, chunk=chunk)
            latent = maker.convert(latent)
            fake = player.convert(maker.samples(latent, fake_labels))
        sample = None if sample is None else replace(sample, points=player.convert(sample.points), at=None)
        refuse_unusable(
            {
                "the critic's parameters": player.vector,
                "the real samples": real,
                "the fake samples": fake,
                "the penalty's points": None if sample is None else sample.points,
            }
        )
        return cls(
            critic=player,
            generator=maker,
            real=real,
            latent=latent,
            fake=fake,
            sample=sample,
            weights=_weights(player, sample),
            loss=loss,
            rho=rho,
            labels=labels,
            fake_labels=fake_labels,
        )

    @property
    def p(self) -> int:
        """The number of the critic's parameters that count."""
        return self.critic.size

    @property
    def q(self) -> int:
        """The number of the generator's parameters that count."""
        return 0 if self.generator is None else self.generator.size

    @property
    def psi(self) -> Tensor:
        """``(p,)``."""
        return self.critic.vector

    @property
    def theta(self) -> Tensor:
        """``(q,)``."""
        return self.psi.new_zeros(0) if self.generator is None else self.generator.vector

    def at(self, psi: Tensor, theta: Tensor | None = None) -> "GamePoint":
        """The game at psi, ``(p,)``, and theta, ``(q,)``, which by default stays as it is.

        Fakes and, with :attr:`redraw`, the penalty's points follow. The new game shares its players with this one, so
        that only the game made last is valid.
        """
        vector_to_parameters(psi, self.critic.parameters)
        fake = self.fake
        if theta is not None and self.generator is not None and self.latent is not None:
            vector_to_parameters(theta, self.generator.parameters)
            fake = self.critic.convert(self.generator.samples(self.latent, self.fake_labels))
        sample = self.sample if self.redraw is None else self.redraw(fake)
        return replace(
            self, fake=fake, sample=sample, weights=None if sample is None else _weights(self.critic, sample)
        )

    @property
    def concave(self) -> ConcaveF:
        """The f of the loss, with f'(0) and f''(0).

        Raises:
            UsageError: the critic's objective is not of the form ``E_pd f(D) + E_pg f(-D)``.
        """
        if self.loss.concave is None:
            name = type(self.loss).__name__
            why = (
                f"{name} has not the form E_pd f(D) + E_pg f(-D), so that the linear game of Q, R and K is not its own"
            )
            raise UsageError(why, remedy="field_product is the Jacobian for any loss")
        return self.loss.concave

    def q_product(self, v: Tensor) -> Tensor:
        """``(p,) -> (p,)``, Q v. Zero for the zero measure."""
        if self.sample is None:
            return self.critic.zeros()
        moved = _times(self.critic.mixed(self.sample.points, self.sample.labels, v), self.weights)
        return self.critic.mixed_adjoint(self.sample.points, self.sample.labels, moved) / len(moved)

    def penalty_response(self, v: Tensor) -> Tensor:
        """``(N, *x)``, ``sqrt(m_i) B(x_i) v``: how the penalised gradients change along v. Empty without a penalty."""
        if self.sample is None:
            return torch.zeros_like(self.real[:0])
        weights = None if self.weights is None else self.weights.sqrt()
        return _times(self.critic.mixed(self.sample.points, self.sample.labels, v), weights)

    def penalty_curvature(self, v: Tensor) -> Tensor:
        """``(N,)``, ``m_i |B(x_i) v|^2``, at least 0; their mean is ``v^T Q v``. Empty for the zero measure."""
        return self.penalty_response(v).flatten(1).square().sum(1)

    def r_product(self, w: Tensor) -> Tensor:
        """``(q,) -> (p,)``, R w."""
        if self.generator is None or self.latent is None or self.fake is None:
            return self.critic.zeros()
        moved = self.generator.tangent(self.latent, self.fake_labels, w)
        return self.critic.mixed_adjoint(self.fake, self.fake_labels, moved) / len(moved)

    def rt_product(self, v: Tensor) -> Tensor:
        """``(p,) -> (q,)``, R^T v."""
        if self.generator is None or self.latent is None or self.fake is None:
            return self.theta
        moved = self.critic.mixed(self.fake, self.fake_labels, v)
        return self.generator.adjoint(self.latent, self.fake_labels, moved) / len(moved)

    def k_product(self, v: Tensor) -> Tensor:
        """``(p,) -> (p,)``, K v, over the real batch."""
        moved = self.critic.moved(self.real, self.labels, v)
        return self.critic.moved_adjoint(self.real, self.labels, moved) / len(moved)

    def field(self) -> tuple[Tensor, Tensor]:
        """The field ``(p,), (q,)`` of the gradient flow on the players' losses and the penalty.

        ``psi' = -grad_psi (mean critic loss + (rho/2) mean m |grad D|^2)``, ``theta' = -grad_theta generator loss``.

        Raises:
            UsageError: there are no fakes, or not as many as real samples.
        """
        return flow.field(self)

    def field_product(self, v: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        """The product ``(p,), (q,)`` of the Jacobian of :meth:`field` with (v, w), at an equilibrium or not.

        It includes what a slope of D and a curved loss add to the block form, and the change of weights that are a
        function of the critic's outputs. It raises what :meth:`field` does.
        """
        return flow.field_product(self, v, w)

    @property
    def Q(self) -> LinearOperator:
        """Q, ``(p, p)``, on numpy vectors in the networks' dtype."""
        return self._operator((self.p, self.p), self.q_product, self.q_product)

    @property
    def R(self) -> LinearOperator:
        """R, ``(p, q)``, on numpy vectors in the networks' dtype."""
        return self._operator((self.p, self.q), self.r_product, self.rt_product)

    @property
    def K(self) -> LinearOperator:
        """K, ``(p, p)``, on numpy vectors in the networks' dtype."""
        return self._operator((self.p, self.p), self.k_product, self.k_product)

    def r_matrix(self) -> Matrix:
        """R as a matrix, ``(p, q)``, by ``min(p, q)`` products."""
        return self._columns(self.r_product, self.q) if self.q <= self.p else self._columns(self.rt_product, self.p).T

    def dense(self) -> LinearGame:
        """The game as matrices, by ``2 p + min(p, q)`` products, for small networks."""
        concave, R = self.concave, self.r_matrix()
        Q = self._columns(self.q_product, self.p)
        K = self._columns(self.k_product, self.p) if concave.curvature else None
        return LinearGame(
            Q=(Q + Q.T) / 2,
            R=R,
            rho=self.rho,
            K=None if K is None else (K + K.T) / 2,
            slope=concave.slope,
            curvature=concave.curvature,
        )

    def _operator(self, shape: tuple[int, int], *products: "Product") -> LinearOperator:
        def multiply(product: Product, vector: Vector) -> Vector:
            return product(self.critic.convert(torch.from_numpy(np.ascontiguousarray(vector).ravel()))).cpu().numpy()

        forward, adjoint = (partial(multiply, product) for product in products)
        return LinearOperator(shape, matvec=forward, rmatvec=adjoint, dtype=self.psi.cpu().numpy().dtype)

    def _columns(self, product: "Product", n: int) -> Matrix:
        unit = torch.eye(n, device=self.critic.device, dtype=self.critic.dtype)
        return np.stack([product(e).double().cpu().numpy() for e in unit], axis=1) if n else np.zeros((self.p, 0))


Product = Callable[[Tensor], Tensor]


def _times(values: Tensor, factors: Tensor | None) -> Tensor:
    """Multiply each row by its factor."""
    return values if factors is None else values * factors.view(-1, *[1] * (values.ndim - 1))


def _weights(critic: CriticPlayer, sample: PenaltySample | None) -> Tensor | None:
    """``(N,)``, the sample's weights at this point."""
    if sample is None or sample.weights is None:
        return None
    weights = sample.weights
    return critic.convert(weights(critic.values(sample.points, sample.labels)) if callable(weights) else weights)

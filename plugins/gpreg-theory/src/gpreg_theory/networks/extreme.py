"""The outermost eigenvalues of the full linear game, by products with J alone: a cross-check of the modal table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

from gpreg.errors import UsageError
from gpreg_theory.linear.game import Spectrum, Vector
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Tell

_ARPACK = {"fastest": "LI", "largest": "LM"}


@dataclass(frozen=True, kw_only=True, eq=False)
class ExtremeEigenvalues:
    """Some of the outermost eigenvalues of J, with their conjugates.

    Attributes:
        which: ``fastest``: those of largest imaginary part, among which a fast undamped mode would be; ``largest``:
            those of largest modulus, which limit the step.
        values: the eigenvalues that converged, maybe none. An iteration finds them, and may miss others.
        converged: whether as many converged as were asked for.
        note: the same in words.
    """

    which: Literal["fastest", "largest"]
    values: Spectrum
    converged: bool
    note: str

    @property
    def step(self) -> float:
        """The largest simultaneous Euler step that these values allow, ``min -2 Re / |lambda|^2``; at least 0.

        It is an upper bound of the game's, because every other eigenvalue can only lower it. ``inf`` without values.
        """
        moving = self.values[self.values != 0]
        limits = -2 * moving.real / np.abs(moving) ** 2
        return max(float(limits.min(initial=np.inf)), 0.0)


def jacobian(point: GamePoint, *, rho: float | None = None) -> LinearOperator:
    """The operator ``J = [[-A, -C], [C^T, 0]]`` on numpy vectors, which at an equilibrium is the Jacobian of the field.

    Raises:
        UsageError: the loss has not the form ``E_pd f(D) + E_pg f(-D)``.
    """
    concave, p = point.concave, point.p
    rho = point.rho if rho is None else rho
    dtype = point.psi.cpu().numpy().dtype

    def multiply(vector: Vector) -> Vector:
        v, w = point.critic.convert(torch.from_numpy(np.ascontiguousarray(vector).ravel())).split([p, point.q])
        critic = -concave.slope * point.r_product(w)
        if rho:
            critic -= rho * point.q_product(v)
        if concave.curvature:
            critic += 2 * concave.curvature * point.k_product(v)
        generator = concave.slope * point.rt_product(v)
        moved: Vector = torch.cat([critic, generator.to(critic)]).cpu().numpy()
        return moved

    return LinearOperator((p + point.q,) * 2, matvec=multiply, dtype=dtype)


def extreme_eigenvalues(
    point: GamePoint,
    which: Literal["fastest", "largest"] = "fastest",
    *,
    k: int = 4,
    rho: float | None = None,
    tolerance: float = 1e-4,
    restarts: int = 20,
    seed: int = 0,
    tell: Tell | None = None,
) -> ExtremeEigenvalues:
    """Find k of the outermost eigenvalues of J by implicitly restarted Arnoldi iteration.

    The eigenvalues of largest *real* part cannot be found so: those of critic directions that the generator does not
    move crowd at 0, and the iteration does not converge. ``fastest`` finds only the fastest oscillations; a slow
    undamped mode needs :func:`gpreg_theory.networks.modes.modal_table`.

    Args:
        point: the game at an equilibrium.
        which: see :class:`ExtremeEigenvalues`.
        k: the number of eigenvalues.
        rho: the coefficient; by default the point's.
        tolerance: the relative error of an eigenvalue.
        restarts: the most restarts of ARPACK; what has converged by then is returned.
        seed: the seed of the starting vector.
        tell: told of every product.

    Raises:
        UsageError: ``k + 2`` exceeds ``p + q``, or the loss has not the form ``E_pd f(D) + E_pg f(-D)``.
    """
    J = jacobian(point, rho=rho)
    n = J.shape[0]
    if not 1 <= k <= n - 2:
        raise UsageError(f"k is {k}; of {n} eigenvalues, 1 to {n - 2} can be found by iteration")
    start = np.random.default_rng(seed).standard_normal(n).astype(J.dtype)
    told = LinearOperator(J.shape, matvec=_told(J.matvec, which, tell), dtype=J.dtype)
    try:
        values = eigs(
            told, k=k, which=_ARPACK[which], v0=start, tol=tolerance, maxiter=restarts, return_eigenvectors=False
        )
        note, converged = f"{len(values)} converged", True
    except ArpackNoConvergence as stopped:
        values, converged = stopped.eigenvalues, False
        note = f"{len(values)} of {k} converged in {restarts} restarts; the others are not known"
    return ExtremeEigenvalues(
        which=which, values=np.sort_complex(values.astype(np.complex128)), converged=converged, note=note
    )


def _told(product: Callable[[Vector], Vector], which: str, tell: Tell | None) -> Callable[[Vector], Vector]:
    done = 0

    def multiply(vector: Vector) -> Vector:
        nonlocal done
        done += 1
        if tell:
            tell(f"{which} eigenvalues of J", done, None)
        return product(vector)

    return multiply

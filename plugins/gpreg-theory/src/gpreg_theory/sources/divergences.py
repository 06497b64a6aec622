"""Divergences between known laws, the discriminator that is optimal for them, and the value of the game."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from gpreg.errors import GpregError, UsageError
from gpreg_theory.sources.laws import TOTAL, Array, Atoms, Counted, Density, Law, law
from gpreg_theory.sources.quadrature import Rule, converge, merged

LOG2 = float(np.log(2))
FAINT = -230.0
"""Where log p is below this, p is below 1e-100, and the other density may have underflowed as well."""
Discriminator = Callable[[ArrayLike], Array]


def optimal_discriminator(p: Any, q: Any) -> Discriminator:
    """``D*(x) = p(x) / (p(x) + q(x))``, the best discriminator of real data p and generated data q.

    It maximises ``E_p[log D] + E_q[log(1 - D)]`` pointwise: ``a log y + b log(1 - y)`` is largest at ``a / (a + b)``
    (Goodfellow et al. 2014, Proposition 1; equation 2 of Thanh-Tung, Tran and Venkatesh 2019). It is computed as
    ``sigmoid(log p - log q)``, so that it is right far out in the tails.

    With two finite sets of samples, ``optimal_discriminator(Atoms(points=real), Atoms(points=fake))`` is the
    *empirically* optimal one: 1 on the real and 0 on the fake points when the sets are disjoint, however close p and
    q are. The sets are disjoint with probability 1 if p or q has no atoms (Thanh-Tung et al., Proposition 1, which
    does not state this condition; data of 8 atoms does not meet it).

    Args:
        p, q: laws, as :func:`gpreg_theory.sources.laws.law` takes them.

    Returns:
        a function from ``(N,)`` points, or ``(N, d)`` for laws on points of d dimensions, to ``(N,)`` values in
        [0, 1]; NaN where both laws vanish and D* is not defined. If one has atoms and the other a density, an atom
        outweighs every density.

    Raises:
        UsageError: an argument is no law, or the dimensions differ; the function raises it for points of another
            dimension.
    """
    real, fake = law(p), law(q)
    shape = _dimensions(real, fake)
    both_dense = isinstance(real, Density) and isinstance(fake, Density)
    one_dense = not both_dense and (isinstance(real, Density) or isinstance(fake, Density))

    def discriminator(points: ArrayLike) -> Array:
        x = np.atleast_1d(np.asarray(points, dtype=np.float64))
        if x.ndim != 1 + len(shape) or x.shape[1:] != shape:
            wanted = f"({', '.join(['N', *map(str, shape)])}{'' if shape else ','})"
            raise UsageError(f"points have shape {np.shape(points)}; for these laws it must be {wanted}")
        with np.errstate(all="ignore"):
            logits = real.log_mass(x), fake.log_mass(x)
            if one_dense:
                (dense, masses) = logits if isinstance(real, Density) else logits[::-1]
                dense[masses > -np.inf] = -np.inf
            return np.asarray(special.expit(logits[0] - logits[1]))

    return discriminator


def kl(p: Any, q: Any) -> float:
    """``KL(p || q) = E_p[log p/q]`` in nats; ``inf`` where p has mass that q has not, or where the integral diverges.

    Args:
        p, q: laws, as :func:`gpreg_theory.sources.laws.law` takes them. A density and a law of atoms count as mutually
            singular.

    Raises:
        UsageError: an argument is no law.
        GpregError: a density does not integrate to 1, or the quadrature does not settle.
    """
    return max(_integral(p, q, _kl, singular=np.inf), 0.0)


def js(p: Any, q: Any) -> float:
    """``JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2`` with ``m = (p + q) / 2``, in nats: from 0 to log 2.

    It is log 2 exactly when p and q are mutually singular, as laws on two manifolds in general position are (the limit
    of GANs in the slides; Arjovsky, Chintala and Bottou 2017, example 1).

    Args:
        p, q: as in :func:`kl`.

    Raises:
        UsageError, GpregError: as in :func:`kl`.
    """
    return min(max(_integral(p, q, _js, singular=LOG2), 0.0), LOG2)


def total_variation(p: Any, q: Any) -> float:
    """``TV(p, q) = sup_A |p(A) - q(A)| = (1/2) int |p - q|``: from 0 to 1.

    Args:
        p, q: as in :func:`kl`.

    Raises:
        UsageError, GpregError: as in :func:`kl`.
    """
    distance = _integral(p, q, lambda log_p, log_q: np.abs(np.exp(log_p) - np.exp(log_q)) / 2, singular=1.0, kinks=True)
    return min(max(distance, 0.0), 1.0)


def value_of_game(p: Any, q: Any) -> float:
    """``C(G) = max_D E_p[log D] + E_q[log(1 - D)] = -log 4 + 2 JS(p, q)`` for real data p and generated data q.

    It lies between ``-log 4``, where the generator is perfect, and 0, where p and q are mutually singular (Goodfellow
    et al. 2014, equation 6, as the slides quote it).

    Args:
        p, q: as in :func:`kl`.

    Raises:
        UsageError, GpregError: as in :func:`kl`.
    """
    return 2 * js(p, q) - 2 * LOG2


def wasserstein1(p: Any, q: Any) -> float:
    """``W1(p, q) = inf E|x - y|`` over couplings of p and q; ``inf`` if no coupling has a finite mean distance.

    On the line it is ``int |F_p - F_q|`` with the distribution functions. Laws on points of several dimensions are
    coupled by scipy's linear program, which suits a few hundred points. For samples, ``Atoms(points=samples)``.

    Args:
        p, q: as in :func:`kl`; both on the line, or both on points of d dimensions.

    Raises:
        UsageError: an argument is no law, or the dimensions differ.
        GpregError: as in :func:`kl`.
    """
    one, other = law(p), law(q)
    if isinstance(one, Density) or isinstance(other, Density):
        if any(getattr(each, "atoms", np.zeros(0)).ndim > 1 for each in (one, other)):
            raise UsageError("a density is of one dimension; the atoms must be so, too")
        return converge(_rule(one, other), partial(_distance, p=one, q=other))
    _dimensions(one, other)
    a, b = one.atoms, other.atoms
    coupled = stats.wasserstein_distance if a.ndim == 1 else stats.wasserstein_distance_nd
    return float(coupled(a, b, one.weights, other.weights))


def _dimensions(one: Law, other: Law) -> tuple[int, ...]:
    """The shape of a point: ``()`` on the line, ``(d,)`` in d dimensions."""
    shapes = [each.atoms.shape[1:] if isinstance(each, Atoms) else () for each in (one, other)]
    if shapes[0] != shapes[1]:
        raise UsageError(
            f"one law has points of shape {shapes[0]}, the other of {shapes[1]}",
            remedy="give both laws points of one dimension: (N,) on the line, or (N, d)",
        )
    return shapes[0]


Integrand = Callable[[Array, Array], Array]
"""A function of log p and log q that gives the integrand, by the measure to which both densities belong."""


def _kl(log_p: Array, log_q: Array) -> Array:
    present = log_p > -np.inf
    terms = np.zeros_like(log_p)
    terms[present] = np.exp(log_p[present]) * (log_p[present] - log_q[present])
    return terms


def _js(log_p: Array, log_q: Array) -> Array:
    log_m = np.logaddexp(log_p, log_q) - LOG2
    return (_kl(log_p, log_m) + _kl(log_q, log_m)) / 2


def _integral(p: Any, q: Any, integrand: Integrand, *, singular: float, kinks: bool = False) -> float:
    one, other = law(p), law(q)
    if isinstance(one, Density) and isinstance(other, Density):
        return converge(_rule(one, other), partial(_dense, p=one, q=other, integrand=integrand, kinks=kinks))
    if isinstance(one, Density) or isinstance(other, Density):
        return singular
    return _counted(one, other, integrand)


def _counted(p: Atoms | Counted, q: Atoms | Counted, integrand: Integrand) -> float:
    _dimensions(p, q)
    atoms = np.unique(np.concatenate([p.atoms, q.atoms]), axis=0)
    return float(integrand(p.log_mass(atoms), q.log_mass(atoms)).sum())


def _rule(*laws: Law) -> Rule:
    """A quadrature rule that is cut where the laws say so, reaches as far as they do, and sees all of their mass."""
    cuts = merged([cut for each in laws for cut in (each.cuts if isinstance(each, Density) else each.atoms)])
    dense = [each for each in laws if isinstance(each, Density)]
    ends = [end for each in dense for end in each.support]
    rule = Rule(cuts=cuts, left=-np.inf in ends, right=np.inf in ends)
    for density in dense:
        total = converge(rule, partial(_mass, density=density))
        if not abs(total - 1) <= TOTAL:
            raise GpregError(
                f"a density integrates to {total:.9g} and not to 1",
                remedy="normalise it, and name points of every region that has mass as `breakpoints`",
            )
    return rule


def _dense(rule: Rule, *, p: Density, q: Density, integrand: Integrand, kinks: bool) -> tuple[float, Array]:
    log_p, log_q = _log(p, rule), _log(q, rule)
    values = integrand(log_p, log_q)
    inside = (rule.nodes > q.support[0]) & (rule.nodes < q.support[1])
    lost = np.isinf(values) & inside & (log_p < FAINT)
    holes = np.isinf(values) & inside & (log_p >= FAINT)
    if q.positive and holes.any():
        raise GpregError(
            f"at {rule.nodes[holes][0]:g} a density underflows, and its logarithm with it",
            remedy="give it as Density(log_density=..., support=...), computed in logarithms",
        )
    value = rule.integrate(np.where(lost | np.isnan(values), 0.0, values))
    return value, rule.crossings(np.exp(log_p) - np.exp(log_q)) if kinks else np.zeros(0)


def _distance(rule: Rule, *, p: Law, q: Law) -> tuple[float, Array]:
    """W1; the difference of the distribution functions is taken from the end where both are small."""
    (left_p, right_p), (left_q, right_q) = _cumulated(p, rule), _cumulated(q, rule)
    difference = np.where(left_p + left_q < right_p + right_q, left_p - left_q, right_q - right_p)
    return rule.integrate(np.abs(difference)), rule.crossings(difference)


def _cumulated(each: Law, rule: Rule) -> tuple[Array, Array]:
    """The masses left and right of each node, ``(K, n)`` each."""
    if isinstance(each, Density):
        return rule.cumulate(np.exp(_log(each, rule)))
    below = np.concatenate([[0.0], np.cumsum(each.weights)])[np.searchsorted(each.atoms, rule.nodes)]
    return below, 1 - below


def _log(density: Density, rule: Rule) -> Array:
    """The values of the log density at the nodes, ``(K, n)``."""
    return density.log_mass(rule.nodes.reshape(-1)).reshape(rule.nodes.shape)


def _mass(rule: Rule, *, density: Density) -> tuple[float, tuple[float, ...]]:
    return rule.integrate(np.exp(_log(density, rule))), ()

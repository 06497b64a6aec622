"""The regularizer of a toy: penalty measure, gradient form, coefficient, and the clipping of the critic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import ConcaveF, GANLoss, GradientForm, PenaltyMeasure
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.registry import load_registry
from gpreg_theory.toys.law import Mass, MassFunction, PenaltyLaw
from gpreg_theory.toys.players import LinearCritic, Players
from gpreg_theory.toys.sampled import Sampled


class Choices(TypedDict, total=False):
    """The choices with which every toy is built, by keyword.

    Keys:
        measure: the name of a registered measure; a :class:`PenaltyMeasure`; a mass function M(psi, theta), for
            ``M p_d``; a :class:`PenaltyLaw`; ``None`` (the default): no penalty.
        measure_options: options of a registered measure, as shown by ``gpreg show measure``.
        rho: the penalty's coefficient in ``(rho/2) integral``, at least 0; by default 1.
        form: the name of a registered form, or a :class:`GradientForm`; by default a registered measure's own, and
            ``|g|^2`` for any other.
        loss: the name of a registered loss, a :class:`GANLoss`, or a concave f; by default f(t) = t.
    """

    measure: "str | PenaltyMeasure | PenaltyLaw | MassFunction | None"
    measure_options: Mapping[str, Any] | object | None
    rho: float
    form: str | GradientForm | None
    loss: str | GANLoss | ConcaveF


class Squared(GradientForm):
    """``|g|^2``, the form of the convergence theorem."""

    radial = quadratic = True

    def __call__(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (B,)``."""
        return grad.square().flatten(1).sum(1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Regularizer:
    """The penalty ``(rho/2) integral of form(grad D) d mu``, and the bounds ``low <= psi <= high``.

    Attributes:
        law: the measure mu; ``None`` without a penalty.
        form: the gradient form.
        rho: the coefficient, at least 0.
        bounds: the interval to which the measure clips psi; ``None`` if it does not.
    """

    law: PenaltyLaw | None
    form: GradientForm
    rho: float
    bounds: tuple[float, float] | None = None

    def value(self, players: Players, psi: Tensor, theta: Tensor) -> Tensor | None:
        """``(S,)``, the penalty at S states, with the graph of psi; ``None`` without a penalty."""
        nodes = None if self.idle or self.law is None else self.law.nodes(players, psi, theta)
        if nodes is None:
            return None
        slopes = torch.einsum("sp,snpd->snd", psi, players.gradient(nodes.points))
        values = self.form(slopes.flatten(0, 1)).view(len(psi), -1)
        return 0.5 * self.rho * (nodes.weights * values).sum(dim=1)

    @property
    def idle(self) -> bool:
        """Whether there is no penalty; psi may be clipped all the same."""
        return not self.rho or self.law is None or (isinstance(self.law, Sampled) and self.law.zero)

    @property
    def depends_on_psi(self) -> bool:
        """Whether mu may move with the critic."""
        return not isinstance(self.law, Sampled) or self.law.depends_on_psi

    @property
    def simple(self) -> bool:
        """Whether the form is ``|g|^2``, or there is no penalty."""
        g = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
        return self.idle or torch.allclose(self.form(g), g[:, 0] ** 2, rtol=0, atol=1e-12)

    def along(self, damping: str) -> str:
        """The derivative, as text, of an energy that the flow without a penalty conserves."""
        if self.idle:
            return "0" if self.bounds is None else "0 inside the bounds of psi, at most 0 on them"
        return damping

    def curvature(self, players: Players, psi: Tensor, theta: Tensor) -> Tensor:
        """``(p, p)``, the matrix Q, without rho, at a state ``(1, p)``, ``(1, q)`` with D = 0.

        Raises:
            UsageError: the form has a kink at 0.
        """
        nodes = None if self.law is None else self.law.nodes(players, psi, theta)
        if nodes is None:
            return psi.new_zeros(players.p, players.p)
        B = players.gradient(nodes.points[0])
        return 0.5 * torch.einsum(
            "n,npd,de,nre->pr", nodes.weights[0].detach(), B, curvature_at_0(self.form, players.d), B
        )

    @classmethod
    def of(cls, players: Players, psi: Tensor, theta: Tensor, choices: Choices) -> "Regularizer":
        """Make the regularizer of a choice, and try it at one state, ``(p,)`` and ``(q,)``.

        Raises:
            UsageError: rho is negative, or the measure cannot be used on this toy.
            UnknownNameError, OptionError: there is no such measure, form or option.
        """
        rho, measure, form = choices.get("rho", 1.0), choices.get("measure"), choices.get("form")
        if not 0 <= rho < float("inf"):
            raise UsageError(f"rho is {rho:g}; it must be a finite number of at least 0")
        registry, origin = load_registry(), ""
        if isinstance(measure, str):
            spec = registry.get(MEASURE, measure)
            form = form or spec.form
            origin = f"{measure!r} of {spec.package} {spec.version}"
            measure = registry.build(MEASURE, measure, choices.get("measure_options"))
        bounds = None
        if isinstance(measure, PenaltyMeasure):
            origin = origin or type(measure).__name__
            bounds = clipping_bounds(measure, players, origin)
            measure = Sampled(measure, players, psi, theta, origin)
        return cls(
            law=measure if measure is None or isinstance(measure, PenaltyLaw) else Mass(measure),
            form=registry.build(FORM, form) if isinstance(form, str) else form or Squared(),
            rho=rho,
            bounds=bounds,
        )


def curvature_at_0(form: GradientForm, d: int) -> Tensor:
    """``(d, d)``, the second derivative of a form at g = 0.

    Raises:
        UsageError: the form has a kink there, because its values nearby are not those of its Taylor polynomial.
    """
    zero = torch.zeros(d, dtype=torch.float64)
    H: Tensor = torch.autograd.functional.hessian(lambda g: form(g[None])[0], zero)
    near = 1e-4 * torch.eye(d, dtype=torch.float64)
    exact, expected = form(near) - form(zero[None]), 0.5 * torch.einsum("ni,ij,nj->n", near, H, near)
    if not torch.allclose(exact, expected, rtol=1e-3, atol=1e-11):
        raise UsageError(
            f"the form {type(form).__name__} has a kink at 0, so that the field jumps at the equilibrium and has no "
            "linearisation there; follow its trajectories instead",
            remedy="choose form=squared for a linearised game",
        )
    return H


def clipping_bounds(measure: PenaltyMeasure, players: Players, origin: str) -> tuple[float, float] | None:
    """The interval to which a measure's ``project`` clips every parameter; ``None`` if it leaves them alone.

    Raises:
        UsageError: the measure projects in another way.
    """
    project = _projection(measure, players)
    far = torch.full((players.p,), 1e6, dtype=torch.float64)
    low, high = project(-far), project(far)
    if torch.equal(high, far) and torch.equal(low, -far):
        return None
    trial = torch.linspace(-1.5, 1.5, 7, dtype=torch.float64)[:, None] * high.max().abs() * torch.ones(players.p)
    if not all(torch.equal(project(psi), psi.clamp(low.min(), high.max())) for psi in trial):
        raise UsageError(
            f"measure {origin} projects the critic in another way than by clipping, which toys do not follow"
        )
    return float(low.min()), float(high.max())


def _projection(measure: PenaltyMeasure, players: Players) -> Callable[[Tensor], Tensor]:
    def project(psi: Tensor) -> Tensor:
        critic = LinearCritic(players, psi)
        measure.project(critic)
        return critic.psi.detach()

    return project

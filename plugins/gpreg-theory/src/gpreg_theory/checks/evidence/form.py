"""How a gradient form acts near a gradient g of 0, and so whether it is the theorem's.

The assumptions are about the simple gradient penalty ``(rho/2) E_mu[|grad D|^2]`` (Kim, Park and Hwang 2018,
Definition 4). Near an equilibrium a form ``phi(|g|)`` acts like it only if phi'(0) = 0 and phi''(0) > 0 is finite.
"""

from dataclasses import dataclass

import numpy as np
import torch

from gpreg.interfaces import GradientForm

RADII = (1e-3, 1e-5)
"""Where phi' is taken: far above the epsilon under a form's square root, and far below a gradient's usual norm."""


@dataclass(frozen=True, kw_only=True)
class FormAtZero:
    """How a form ``phi(|g|)`` behaves as g tends to 0.

    Attributes:
        slope: phi'(0+), the largest in absolute value over directions. If it is not 0, phi(|g|) has a kink at g = 0.
        curvature: phi''(0+), the smallest over directions; ``inf`` where phi' grows faster than linearly; NaN where
            there is a kink.
        simple: whether the form is, to second order, the positive multiple ``curvature / 2`` of ``|g|^2``.
        evidence: the same in words.
    """

    slope: float
    curvature: float
    simple: bool
    evidence: str


def form_at_zero(form: GradientForm) -> FormAtZero:
    """Find slope and curvature of a form at g = 0 by its derivative at two small radii along several directions.

    The exponent a in phi'(r) ~ r^a tells: a kink at 0, a finite curvature at 1, none above 1, an infinite one below 1.
    The form is evaluated in float64 with gradients ``(B, 3)``.
    """
    directions = torch.randn(8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    directions /= directions.norm(dim=1, keepdim=True)
    outer, inner = (_derivative(form, directions, radius) for radius in RADII)
    slopes, curvatures = np.array([_expansion(*pair) for pair in zip(outer, inner, strict=True)]).T
    slope = float(slopes[np.abs(slopes).argmax()])
    if slope:
        evidence = f"phi'(0) = {slope:.4g}, a kink at grad D = 0: a critic that is constant on the data " + (
            "is not stationary" if slope < 0 else "is held there, and the field is discontinuous"
        )
        return FormAtZero(slope=slope, curvature=float("nan"), simple=False, evidence=evidence)
    curvature, largest = float(curvatures.min()), float(curvatures.max())
    if not np.isfinite(largest):
        evidence = "phi''(0) is infinite: the penalty is not twice differentiable at grad D = 0"
    elif largest - curvature > 1e-2 * abs(largest):
        evidence = f"phi''(0) depends on the direction of grad D, from {curvature:.4g} to {largest:.4g}"
    elif curvature > 0:
        scale = curvature / 2
        evidence = f"phi'(0) = 0 and phi''(0) = {curvature:.4g}: to second order it is {scale:.4g} |g|^2, so that Q is "
        evidence += f"scaled by phi''(0)/2 = {scale:.4g}"
        return FormAtZero(slope=0.0, curvature=curvature, simple=True, evidence=evidence)
    elif curvature == 0:
        evidence = "phi''(0) = 0: near an equilibrium it damps no mode, which all stay at +-i sigma"
    else:
        evidence = f"phi''(0) = {curvature:.4g} is negative: the penalty drives the critic away from grad D = 0"
    return FormAtZero(slope=0.0, curvature=curvature, simple=False, evidence=evidence)


def _derivative(form: GradientForm, directions: torch.Tensor, radius: float) -> list[float]:
    r = torch.full((len(directions), 1), radius, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(form(r * directions).sum(), r)
    return [float(value) for value in slope[:, 0]]


def _expansion(outer: float, inner: float) -> tuple[float, float]:
    """Slope and curvature at 0, from phi' at both radii."""
    if inner == 0 or outer == 0:
        return 0.0, 0.0
    far, near = RADII
    exponent = np.log(abs(outer / inner)) / np.log(far / near)
    if outer * inner < 0 or abs(exponent) <= 0.05:
        return inner - (outer - inner) / (far - near) * near, np.nan
    if exponent < 0.95:
        return 0.0, np.inf
    return 0.0, 0.0 if exponent > 1.05 else inner / near

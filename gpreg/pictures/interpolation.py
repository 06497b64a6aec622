"""Interpolation: the generator's samples along a path between two codes."""

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Generator
from gpreg.pictures import panel, style
from gpreg.pictures.mesh import square_limits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Law = Literal["normal", "uniform"]


def interpolation(
    generator: Generator, start: Tensor, end: Tensor, steps: int, *, labels: Tensor | None = None
) -> Tensor:
    """Samples along the path from each ``start`` code to its ``end`` code.

    Args:
        generator: a generator in evaluation mode; its ``latent`` decides the path, see :func:`codes_between`.
        start, end: ``(k, z)``.
        steps: number of samples on each path, both ends included; at least 2.
        labels: ``(k,)``, the class of each path, for a conditional generator.

    Returns:
        ``(k, steps, *x)``. ``grid(to_unit(samples.flatten(0, 1), range), columns=steps)`` shows images, one path per
        row; :func:`ways` shows points of the plane.

    Raises:
        UsageError: see :func:`codes_between`.
    """
    codes = codes_between(start, end, steps, generator.latent)
    every = None if labels is None else labels.repeat_interleave(steps)
    with torch.no_grad():
        flat = codes.flatten(0, 1)
        samples: Tensor = generator(flat) if every is None else generator(flat, every)
    return samples.reshape(*codes.shape[:2], *samples.shape[1:])


def codes_between(start: Tensor, end: Tensor, steps: int, law: Law) -> Tensor:
    """Codes on the path from ``start`` to ``end``, ``(k, z)`` each, as ``(k, steps, z)``.

    For uniform codes the path is straight. For normal codes it turns at constant speed in the plane that both span,
    while the length changes linearly: nearly all of N(0, I) lies at length sqrt(z), which a straight path leaves
    (White, 2016, "Sampling Generative Networks", section 2.1). If they span no plane (parallel or opposite codes, or a
    code that is zero), the path is straight too.

    Raises:
        UsageError: the shapes differ, the law is unknown, or there are fewer than two steps.
    """
    if start.ndim != 2 or start.shape != end.shape:
        raise UsageError(f"codes are of shapes {tuple(start.shape)} and {tuple(end.shape)}; expected (k, z) twice")
    if steps < 2:
        raise UsageError(f"an interpolation of {steps} steps was asked for; it takes at least 2, the ends")
    if law not in ("normal", "uniform"):
        raise UsageError(f"there is no interpolation for latent codes of law {law!r}; known are normal, uniform")
    a, b = start[:, None], end[:, None]
    t = torch.linspace(0, 1, steps, device=start.device, dtype=start.dtype)[:, None]
    straight = torch.lerp(a, b, t)
    if law == "uniform":
        return straight
    length_a, length_b = (x.norm(dim=-1, keepdim=True) for x in (a, b))
    unit_a, unit_b = (torch.nn.functional.normalize(x, dim=-1) for x in (a, b))
    # This formula (Kahan's) gives the angle to rounding also where the arc cosine of a . b loses digits.
    angle = 2 * torch.atan2((unit_a - unit_b).norm(dim=-1, keepdim=True), (unit_a + unit_b).norm(dim=-1, keepdim=True))
    sine = angle.sin()
    turned = (((1 - t) * angle).sin() * unit_a + (t * angle).sin() * unit_b) / sine
    turned = turned * torch.lerp(length_a, length_b, t)
    planar = (sine > 1e-3) & (length_a > 0) & (length_b > 0)
    return torch.where(planar, turned, straight)


def ways(samples: Tensor, real: Tensor, fake: Tensor) -> "Figure":
    """Draw interpolations in the plane as paths over real and fake samples.

    Args:
        samples: ``(k, steps, 2)``, from :func:`interpolation`.
        real, fake: ``(n, 2)``.

    Raises:
        UsageError: samples are not points of the plane.
    """
    if samples.ndim != 3 or samples.shape[2] != 2:
        raise UsageError(f"interpolated samples are of shape {tuple(samples.shape)}; expected (k, steps, 2)")
    figure = style.figure(800, 880)
    axes = figure.subplots()
    panel.scatter(axes, real, style.REAL, "real", alpha=0.5)
    panel.scatter(axes, fake, style.FAKE, "fake", alpha=0.5)
    for x, y in samples.detach().cpu().double().numpy().transpose(0, 2, 1):
        axes.plot(x, y, color=style.INK, linewidth=0.7, marker="o", markersize=2.4, zorder=4)
        axes.plot(x[[0, -1]], y[[0, -1]], color=style.POINT, linewidth=0, marker="o", markersize=4.5, zorder=5)
    panel.frame(axes, square_limits(real))
    style.heading(axes, "Interpolation", "G along the way between two codes; ends in red")
    panel.legend(figure)
    return figure

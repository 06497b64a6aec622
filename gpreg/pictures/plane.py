"""A two-dimensional run: samples over the critic's value surface, and beside it the critic's gradient field."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from gpreg.interfaces import GaussianModes
from gpreg.pictures import panel, style
from gpreg.pictures.mesh import Critic, Limits, Mesh, square_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARROWS = 25
"""Number of arrows in a row of the gradient field."""


def plane(
    real: Tensor,
    fake: Tensor,
    critic: Critic,
    *,
    limits: Limits | None = None,
    resolution: int = 128,
    device: torch.device | str = "cpu",
    title: str = "",
    modes: GaussianModes | None = None,
) -> "Figure":
    """Draw the plane, as the figures of Kim, Park and Hwang and of Thanh-Tung et al. (2019, Figure 2) do.

    Left: filled contours of D, in the colour of fake samples below the centre of the scale, and of real samples above
    it; see :func:`gpreg.pictures.panel.symmetric_scale`. Right: the direction of grad D, coloured by its length. The
    picture stays blank where the critic is not finite, and says so.

    Args:
        real, fake: ``(n, 2)``; the first 2,000 of each are drawn.
        critic: ``(B, 2) -> (B,)`` on ``device``, in evaluation mode.
        limits: left, right, bottom, top; ``None``: a square about the real samples.
        resolution: number of points in a row of the value surface.
        device: device of the critic.
        title: title of the left panel.
        modes: components around which circles of three standard deviations are drawn.

    Raises:
        UsageError: the limits are empty, or not given and the real samples not finite.
    """
    limits = square_limits(real) if limits is None else limits
    figure = style.figure(1600, 790)
    left, right = figure.subplots(1, 2)
    _values(left, Mesh(limits, resolution), critic, device)
    _field(right, limits, critic, device)
    for axes, size, alpha in ((left, 14, 0.9), (right, 8, 0.35)):
        panel.scatter(axes, real, style.REAL, "real", size=size, alpha=alpha)
        panel.scatter(axes, fake, style.FAKE, "fake", size=size, alpha=alpha)
        if modes is not None:
            panel.circles(axes, modes)
        panel.frame(axes, limits)
    style.heading(left, title or "Critic", "samples over the critic's value D(x)")
    style.heading(right, "Gradient", "direction of ∇D(x); colour: its length")
    panel.legend(figure)
    return figure


def _values(axes: "Axes", mesh: Mesh, critic: Critic, device: torch.device | str) -> None:
    values = mesh.values(critic, device)
    if np.isfinite(values).any():
        panel.colour_bar(axes, panel.surface(axes, mesh, values, panel.symmetric_scale(values)))
    panel.blank(axes, values)


def _field(axes: "Axes", limits: Limits, critic: Critic, device: torch.device | str) -> None:
    mesh = _cell_centres(limits)
    gradients = mesh.gradients(critic, device)
    lengths = np.linalg.norm(gradients, axis=2)
    known = np.isfinite(lengths)
    if known.any():
        # A zero gradient has no direction, and is drawn as a dot.
        directions = np.divide(
            gradients, lengths[..., None], where=lengths[..., None] > 0, out=np.zeros_like(gradients)
        )
        top = float(np.percentile(lengths[known], 98)) or 1.0
        shape = {"width": 0.0035, "headwidth": 3.6, "headlength": 4.2, "headaxislength": 3.8}
        units = {"pivot": "mid", "angles": "xy", "scale_units": "xy"}
        scale, colours = ARROWS / (0.85 * (limits[1] - limits[0])), style.length_colours()
        where = (axis[known] for axis in np.meshgrid(*mesh.axes))
        look: dict[str, Any] = {**shape, **units, "scale": scale, "cmap": colours, "clim": (0.0, top), "zorder": 2}
        arrows = axes.quiver(*where, *directions[known].T, lengths[known], **look)
        panel.colour_bar(axes, arrows, extend="max")
    panel.blank(axes, lengths)


def _cell_centres(limits: Limits) -> Mesh:
    left, right, bottom, top = limits
    dx, dy = (right - left) / ARROWS / 2, (top - bottom) / ARROWS / 2
    return Mesh((left + dx, right - dx, bottom + dy, top - dy), ARROWS)

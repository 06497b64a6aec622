"""Phase portraits of planar systems: streamlines, nullclines, equilibria and trajectories, several side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gpreg.pictures import style
from gpreg.pictures.mesh import Floats, Limits, Mesh
from gpreg_theory.pictures.basin import Basin, circle, label, legend, phase_planes, shade

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4

RESOLUTION = 60
"""The number of points in a row at which the field is evaluated; even, so that an axis of symmetry is between rows."""

Field = Callable[[Floats], Floats]
"""The velocity at each point, ``(n, 2) -> (n, 2)``."""

Kind = Literal["stable", "unstable", "saddle", "centre", "degenerate"]

MARKS: Mapping[Kind, dict[str, Any]] = {
    "stable": {"marker": "o", "markerfacecolor": style.INK},
    "unstable": {"marker": "o", "markerfacecolor": "white"},
    "saddle": {"marker": "X", "markerfacecolor": "white"},
    "centre": {"marker": r"$\odot$", "markersize": 9.0, "markeredgewidth": 0.4},
    "degenerate": {"marker": "s", "markerfacecolor": "white"},
}
"""The marker of each kind of equilibrium."""

STREAM = "#b9bcc4"
PATH = "#6a3fa0"


@dataclass(frozen=True, kw_only=True, eq=False)
class Portrait:
    """One panel with a phase portrait.

    Attributes:
        field: the velocity, ``(n, 2) -> (n, 2)``.
        limits: left, right, bottom and top.
        equilibria: points with their kinds.
        lines: lines of equilibria, ``(n, 2)`` each.
        trajectories: ``(n, 2)`` each, in the order of time; a circle marks the start, a dot the end.
        cycle: ``(n, 2)``, a closed orbit to highlight; ``None`` if there is none.
        nullclines: whether to draw the curves where a component of the velocity changes its sign.
        regions: words and the points at which they are written.
        basin: the shading behind everything; ``None`` without one.
        radius: the radius of a circle about the first equilibrium, an estimate of its basin; ``inf`` and ``None`` are
            not drawn.
        title, note: text above the panel, bold and plain.
    """

    field: Field
    limits: Limits
    equilibria: Sequence[tuple[tuple[float, float], Kind]] = ()
    lines: Sequence[Floats] = ()
    trajectories: Sequence[Floats] = ()
    cycle: Floats | None = None
    nullclines: bool = True
    regions: Sequence[tuple[str, tuple[float, float]]] = ()
    basin: Basin | None = None
    radius: float | None = None
    title: str = "Phase portrait"
    note: str = ""


def portraits(panels: Sequence[Portrait], *, coordinates: tuple[str, str] = ("ψ", "θ")) -> "Figure":
    """Draw phase portraits, four in a row.

    Grey streamlines follow the field. On blue lines the first component changes its sign, on amber lines the second one
    does; a component that only touches zero has no line.

    Args:
        panels: in reading order.
        coordinates: the names of the two axes.

    Raises:
        UsageError: there is no panel, or limits are empty.
    """
    figure, every = phase_planes(len(panels), COLUMNS)
    for axes, item in zip(every, panels, strict=True):
        _draw(axes, item, coordinates)
        label(axes, item.limits, coordinates)
        style.heading(axes, item.title, item.note)
    legend(figure)
    return figure


def _draw(axes: "Axes", item: Portrait, coordinates: tuple[str, str]) -> None:
    if item.basin is not None:
        shade(axes, item.basin)
    _field(axes, item, coordinates)
    if item.equilibria:
        circle(axes, item.equilibria[0][0], item.radius, style.POINT, "estimate of the basin")
    if item.cycle is not None:
        axes.plot(*item.cycle.T, color=style.POINT, linewidth=2.2, zorder=6.5, label="limit cycle")
    for path in item.trajectories:
        _trajectory(axes, path)
    for line in item.lines:
        axes.plot(*line.T, color=style.INK, linewidth=2.6, zorder=6, label="line of equilibria")
    for point, kind in item.equilibria:
        look: dict[str, Any] = {
            "color": style.INK,
            "markersize": 6.5,
            "markeredgewidth": 1.2,
            "linestyle": "none",
            "zorder": 8,
        }
        axes.plot(*point, **(look | MARKS[kind]), label=kind)
    for words, (x, y) in item.regions:
        box: dict[str, Any] = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
        axes.text(x, y, words, fontsize=style.TITLE, color=style.INK, ha="center", va="center", bbox=box, zorder=9)


def _field(axes: "Axes", item: Portrait, coordinates: tuple[str, str]) -> None:
    x, y = Mesh(item.limits, RESOLUTION).axes
    points = np.stack(np.meshgrid(x, y), axis=-1)
    velocity = np.asarray(item.field(points.reshape(-1, 2)), dtype=np.float64).reshape(points.shape)
    known = np.isfinite(velocity).all(-1)
    if not known.any():
        style.note(axes, "not finite anywhere")
        return
    u, v = (np.ma.masked_array(velocity[..., k], ~known) for k in (0, 1))
    axes.streamplot(x, y, u, v, density=0.9, color=STREAM, linewidth=0.7, arrowsize=0.7, zorder=1)
    if item.nullclines:
        for name, component, colour in zip(coordinates, (u, v), (style.REAL, style.FAKE), strict=True):
            if component.min() < 0 < component.max():  # without a sign change matplotlib would warn
                axes.contour(x, y, component, [0.0], colors=colour, linewidths=1.3, zorder=2)
                axes.plot([], [], color=colour, linewidth=1.3, label=f"d{name}/dt = 0")


def _trajectory(axes: "Axes", path: Floats) -> None:
    axes.plot(*path.T, color=PATH, linewidth=1.2, zorder=6, label="trajectory")
    ends: dict[str, Any] = {"color": PATH, "markersize": 4.5, "linestyle": "none", "zorder": 7}
    axes.plot(*path[0], marker="o", markerfacecolor="white", **ends)
    axes.plot(*path[-1], marker="o", **ends)

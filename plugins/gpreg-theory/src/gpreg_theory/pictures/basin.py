"""Pictures of basins of attraction: where the trajectories of a planar system end, by where they start."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpreg.errors import UsageError
from gpreg.pictures import panel, style
from gpreg.pictures.mesh import Floats, Limits, Mesh

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3

PALE = ("#d9e8f9", "#fcefd2", "#dcefd9", "#ead9f0")
"""The colours of the first, second, ... equilibrium that is reached; white where none is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Basin:
    """One panel with a basin of attraction.

    Attributes:
        limits: left, right, bottom and top of the starting points.
        outcomes: ``(rows, columns)`` over an even mesh of the limits, bottom row first: the number of the equilibrium
            that the trajectory from there reaches, -1 for none.
        names: the names of these equilibria, for the legend.
        centre: the centre of the circles, where the equilibrium is.
        radius: an estimate of the basin from theory; ``inf`` and ``None`` are not drawn.
        inscribed: the radius of the largest circle inside the true basin; ``inf`` and ``None`` are not drawn.
        boundary: ``(n, 2)``, the true boundary; ``None`` if it is not drawn.
        title, note: text above the panel, bold and plain.
    """

    limits: Limits
    outcomes: NDArray[np.int_]
    names: Sequence[str] = ("ends in the equilibrium",)
    centre: tuple[float, float] = (0.0, 0.0)
    radius: float | None = None
    inscribed: float | None = None
    boundary: Floats | None = None
    title: str = "Basin of attraction"
    note: str = ""


def basins(panels: Sequence[Basin], *, coordinates: tuple[str, str] = ("ψ", "θ")) -> "Figure":
    """Draw basins, three in a row: shading, the circle that theory gives, and the true boundary.

    Args:
        panels: in reading order.
        coordinates: the names of the two axes.

    Raises:
        UsageError: there is no panel, the limits are empty, or outcomes are not a table of numbers.
    """
    figure, every = phase_planes(len(panels), COLUMNS)
    for axes, item in zip(every, panels, strict=False):
        shade(axes, item)
        label(axes, item.limits, coordinates)
        style.heading(axes, item.title, item.note)
    legend(figure)
    return figure


def shade(axes: "Axes", basin: Basin) -> None:
    """Draw a basin's shading, circles and boundary in a panel that may show more."""
    outcomes = np.asarray(basin.outcomes)
    if outcomes.ndim != 2 or min(outcomes.shape) < 2:
        raise UsageError(f"outcomes have shape {outcomes.shape}; expected (rows, columns), at least 2 of each")
    left, right, bottom, top = Mesh(basin.limits).limits
    x, y = np.linspace(left, right, outcomes.shape[1]), np.linspace(bottom, top, outcomes.shape[0])
    for number, name in enumerate(basin.names):
        look: dict[str, Any] = {"facecolor": PALE[number % len(PALE)], "linewidth": 0}
        reached = outcomes == number
        if reached.any():
            axes.contourf(x, y, reached.astype(float), [0.5, 1.5], colors=[look["facecolor"]], zorder=0)
            axes.fill([], [], label=name, **look)  # for the legend
    if basin.boundary is not None:
        axes.plot(*basin.boundary.T, color=style.REAL, linewidth=1.5, zorder=4, label="true boundary")
    circle(axes, basin.centre, basin.radius, style.POINT, "estimate of the basin")
    circle(axes, basin.centre, basin.inscribed, style.REAL, "largest circle inside")


def circle(axes: "Axes", centre: tuple[float, float], radius: float | None, colour: str, name: str) -> None:
    """Draw a dashed circle, unless its radius is infinite or None."""
    if radius is not None and math.isfinite(radius):
        angle = np.linspace(0.0, 2 * math.pi, 241)
        x, y = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
        axes.plot(x, y, color=colour, linewidth=1.3, linestyle=(0, (5, 2)), zorder=5, label=name)


def phase_planes(number: int, columns: int) -> tuple["Figure", "list[Axes]"]:
    """A figure of square panels, at most ``columns`` in a row, with room for a legend under them.

    Raises:
        UsageError: there is no panel.
    """
    if not number:
        raise UsageError("there is no panel to draw; give at least one")
    columns, rows = min(columns, number), math.ceil(number / columns)
    width = 560 if columns < 3 else 480
    figure = style.figure(width * columns + 40, (width + 40) * rows + 90)
    layout: Any = figure.get_layout_engine()
    layout.set(rect=(0, 0, 1, 0.97))  # a title with a note needs more room than panels of equal units leave
    every = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in every[number:]:
        axes.set_axis_off()
    return figure, every[:number]


def label(axes: "Axes", limits: Limits, coordinates: tuple[str, str]) -> None:
    """Set limits and labels of the axes, with equal units on both."""
    panel.frame(axes, limits)
    axes.set_xlabel(coordinates[0], fontsize=style.LABEL, color=style.MUTED, labelpad=1)
    axes.set_ylabel(coordinates[1], fontsize=style.LABEL, color=style.MUTED, rotation=0, labelpad=6)


def legend(figure: "Figure") -> None:
    """Draw a legend in rows under the panels, with each name once."""
    found = [axes.get_legend_handles_labels() for axes in figure.axes]
    names = {name: handle for handles, labels in found for handle, name in zip(handles, labels, strict=True)}
    if names:
        wide = style.LABEL * (4.5 + 0.55 * max(map(len, names)))  # the width of one column, in points
        room = max(1, int(72 * figure.get_figwidth() / wide))
        columns = math.ceil(len(names) / math.ceil(len(names) / room))
        place: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "columnspacing": 1.4}
        figure.legend(list(names.values()), list(names), ncols=columns, fontsize=style.LABEL, **place)

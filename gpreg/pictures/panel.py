"""The parts of a panel of the plane: samples as dots, a value surface, its colour scale."""

from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from gpreg.interfaces import GaussianModes
from gpreg.pictures import style
from gpreg.pictures.mesh import Floats, Limits, Mesh

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 2_000
"""Most samples of each kind that are drawn; more would hide what is under them."""

CROWD = 400
"""With more samples, dots become smaller, so that together they cover the same area."""

LEVELS = 20
"""Number of colours of a scale."""

Scale = tuple[float, float]
"""The values at the two ends of a colour scale, whose centre is white."""


def scatter(axes: "Axes", samples: Tensor, colour: str, label: str, *, size: float = 12, alpha: float = 0.9) -> None:
    """The first 2,000 samples ``(n, 2)``, as dots with white rims."""
    dots = samples[:SHOWN].detach().cpu().double().numpy()
    size *= min(1.0, (CROWD / max(1, len(dots))) ** 0.5)
    x, y = dots[np.isfinite(dots).all(1)].T
    axes.scatter(x, y, s=size, color=colour, alpha=alpha, label=label, edgecolors="white", linewidths=0.4, zorder=3)


def circles(axes: "Axes", modes: GaussianModes, deviations: float = 3.0) -> None:
    """A circle of ``deviations`` standard deviations around each component."""
    from matplotlib.patches import Circle

    for x, y in modes.centres.tolist():
        axes.add_patch(Circle((x, y), deviations * modes.std, fill=False, color=style.INK, linewidth=0.6, zorder=4))


def surface(axes: "Axes", mesh: Mesh, values: Floats, scale: Scale, *, extend: str = "both") -> Any:
    """Filled contours of ``(rows, columns)`` over ``scale``, with thin lines; blank where not finite.

    Args:
        axes: the panel.
        mesh, values: points and the values there.
        scale: the values at the ends of the colour scale.
        extend: as in matplotlib: ``"both"``, or ``"neither"`` if no value is beyond the ends.

    Returns:
        The contour set, for a colour bar.
    """
    levels = np.linspace(*scale, LEVELS + 1)
    held = np.ma.masked_invalid(values)
    colours: dict[str, Any] = {"cmap": style.value_colours(), "vmin": scale[0], "vmax": scale[1]}
    filled = axes.contourf(*mesh.axes, held, levels, extend=extend, zorder=0, **colours)
    if scale[0] < held.max() and held.min() < scale[1]:  # else matplotlib warns that there is no line to draw
        axes.contour(
            *mesh.axes, held, levels[::2], colors=style.INK, linewidths=0.4, linestyles="solid", alpha=0.3, zorder=1
        )
    return filled


def symmetric_scale(values: Floats) -> Scale:
    """A colour scale on which values at equal distances from the centre have equally strong colours.

    The centre is 0 if at least a tenth of the values lies on each side of 0, else the median, because the critic of a
    Wasserstein loss is determined only up to a constant. The scale covers the 3rd to the 97th percentile, so that
    spikes and far corners do not wash out the rest.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return -1.0, 1.0
    low, tenth, median, ninetieth, high = np.percentile(finite, (3, 10, 50, 90, 97))
    centre = 0.0 if tenth <= 0.0 <= ninetieth else float(median)
    half = max(high - centre, centre - low, 1e-3 * abs(centre), 1e-6)
    return centre - half, centre + half


def colour_bar(axes: Any, shown: Any, *, extend: str | None = None, aspect: float = 28) -> None:
    """A colour bar for ``shown`` at the right of one panel or of an array of panels, with round numbers."""
    from matplotlib.ticker import MaxNLocator

    low, high = shown.get_clim()
    ticks = [tick for tick in MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= tick <= high]
    place = {"ax": axes, "fraction": 0.05, "pad": 0.02, "aspect": aspect, "extend": extend}
    bar = shown.axes.figure.colorbar(shown, ticks=ticks, spacing="proportional", **place)
    bar.set_ticklabels([f"{tick:.6g}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    bar.minorticks_off()
    bar.outline.set(color=style.FRAME, linewidth=0.8)
    bar.ax.tick_params(labelsize=style.TICK, length=2.5, width=0.6, color=style.FRAME, labelcolor=style.MUTED)


def frame(axes: "Axes", limits: Limits) -> None:
    """Set the limits of a panel, with equal units on both axes."""
    axes.set(xlim=limits[:2], ylim=limits[2:], aspect="equal")
    axes.locator_params(nbins=6)
    style.quiet(axes)


def blank(axes: "Axes", values: Floats) -> None:
    """Say what share of ``values`` is not finite, if any."""
    share = 1 - np.isfinite(values).mean()
    if share:
        style.note(
            axes, "not finite anywhere" if share == 1 else f"not finite at {max(share, 0.001):.1%} of the points"
        )


def legend(figure: "Figure") -> None:
    """The names of the dots of all panels, in a row under them."""
    found = [axes.get_legend_handles_labels() for axes in figure.axes]
    names = {label: handle for handles, labels in found for handle, label in zip(handles, labels, strict=True)}
    if names:
        place: dict[str, Any] = {"loc": "outside lower center", "ncols": len(names), "frameon": False}
        shown: Any = figure.legend(list(names.values()), list(names), fontsize=style.LABEL, **place)
        for handle in shown.legend_handles:
            handle.set(sizes=[28], alpha=1)

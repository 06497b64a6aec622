"""Pictures of eigenvalues in the complex plane, of rates of decay over rho, and of damping ratios."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpreg.errors import UsageError
from gpreg.pictures import panel, style
from gpreg.pictures.mesh import Floats
from gpreg_theory.pictures.basin import legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HUES = ("#2a78d6", "#d03b3b", "#2f8f5b", "#8a4fbe", "#eda100", "#0f9aa8", "#a0522d", "#52514e")
"""The colours of the first, second, ... curve; after the last one they begin again, dashed."""

SAFE = "#e6f0fb"
"""The colour of the part of the plane where eigenvalues decay."""

COLUMNS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    """One panel with eigenvalues.

    Attributes:
        values: ``(n,)``, or ``(m, n)`` for m values of ``rho``, whose paths are then drawn.
        rho: ``(m,)``, positive, where ``values`` has rows.
        step: a step h, whose disk ``|1 + h lambda| < 1`` is shown, where an explicit Euler step of the flow decays.
        multipliers: whether the values are those of an update, which decay inside the unit circle, and not those of a
            flow, which decay left of the imaginary axis.
        title, note: text above the panel, bold and plain.
    """

    values: NDArray[np.complex128]
    rho: Floats | None = None
    step: float | None = None
    multipliers: bool = False
    title: str = "Spectrum"
    note: str = ""


def spectra(panels: Sequence[Spectrum]) -> "Figure":
    """Draw eigenvalues, four panels in a row. The plane is blue where they decay; those that do not are red.

    Raises:
        UsageError: there is no panel, or the number of rows of eigenvalues is not that of the values of rho.
    """
    if not panels:
        raise UsageError("there is no spectrum to draw; give at least one")
    columns, rows = min(COLUMNS, len(panels)), math.ceil(len(panels) / COLUMNS)
    figure = style.figure(
        560 * columns + (130 if any(item.rho is not None for item in panels) else 30), 620 * rows + 40
    )
    every = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, item in zip(every, panels, strict=False):
        _eigenvalues(axes, item)
        style.heading(axes, item.title, item.note)
    for axes in every[len(panels) :]:
        axes.set_axis_off()
    legend(figure)
    return figure


def rates(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    best: Mapping[str, tuple[float, float]] | None = None,
    ceiling: float = math.inf,
    title: str = "Rate of decay",
    note: str = "",
) -> "Figure":
    """Draw the rate of decay over rho, one curve for each measure, with its best rho marked.

    Args:
        curves: rho and rate, ``(n,)`` each, by name; rho is positive, on a logarithmic axis.
        best: the best rho and its rate, by name.
        ceiling: the rate that no measure exceeds; infinity is not drawn.
        title, note: above the panel, bold and plain.

    Raises:
        UsageError: there is no curve.
    """
    if not curves:
        raise UsageError("there is no rate to draw; give at least one curve")
    figure = style.figure(1150, 620)
    axes = figure.subplots()
    drawn = {name: (np.asarray(rho, np.float64), np.asarray(rate, np.float64)) for name, (rho, rate) in curves.items()}
    for k, (name, (rho, rate)) in enumerate(drawn.items()):
        colour, dashed = HUES[k % len(HUES)], (k // len(HUES)) % 2
        told = name
        if best and name in best:
            told = f"{name}: {best[name][1]:.3g} at ρ = {best[name][0]:.3g}"
            axes.plot(*best[name], "o", color=colour, markersize=5.5, markeredgecolor="white", zorder=4)
        axes.plot(rho, rate, color=colour, linewidth=1.5, linestyle="--" if dashed else "-", zorder=3, label=told)
    if math.isfinite(ceiling):
        axes.axhline(ceiling, color=style.MUTED, linewidth=1.0, linestyle=(0, (5, 3)), zorder=2)
        place: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        axes.annotate("ceiling", (0, ceiling), (4, 3), fontsize=style.LABEL, color=style.MUTED, **place)
    axes.set_xscale("log")
    _plain(axes.xaxis)
    axes.set_xlim(min(rho.min() for rho, _ in drawn.values()), max(rho.max() for rho, _ in drawn.values()))
    bounds = [ceiling] if math.isfinite(ceiling) else []
    top = max([*bounds, *(float(np.nanmax(rate)) for _, rate in drawn.values())])
    axes.set_ylim(-0.02 * (top or 1.0), 1.12 * (top or 1.0))
    axes.set_xlabel("ρ", fontsize=style.LABEL, color=style.MUTED)
    style.quiet(axes)
    axes.grid(axis="y", color=style.FRAME, linewidth=0.5)
    style.heading(axes, title, note)
    figure.legend(loc="outside right center", frameon=False, fontsize=style.LABEL, labelcolor=style.INK)
    return figure


def damping_ratios(
    ratios: Mapping[str, Floats], frequencies: Floats, *, title: str = "Damping ratios", note: str = ""
) -> "Figure":
    """Draw each mode's damping ratio as a bar on a logarithmic axis, with one colour for each measure.

    The line at 1 is critical damping; a mode without damping has a cross at the foot.

    Args:
        ratios: the damping ratios of the modes, ``(n,)``, at least 0, by name.
        frequencies: the frequencies of the modes, ``(n,)``.
        title, note: above the panel, bold and plain.

    Raises:
        UsageError: there is no mode, or a row has another length.
    """
    modes = len(frequencies)
    if not modes or not ratios or any(len(row) != modes for row in ratios.values()):
        raise UsageError(f"damping ratios need one value for each mode; {modes} modes have a frequency")
    figure = style.figure(max(620, 150 + 46 * modes * len(ratios)), 560)
    axes = figure.subplots()
    positive = [float(value) for row in ratios.values() for value in row if value > 0]
    low, high = min([*positive, 0.5]) / 3, max([*positive, 1.0]) * 1.8
    width = 0.8 / len(ratios)
    for k, (name, row) in enumerate(ratios.items()):
        x = np.arange(modes) + (k - (len(ratios) - 1) / 2) * width
        damped = np.asarray(row) > 0
        colour = HUES[k % len(HUES)]
        axes.bar(x, np.where(damped, row, low), 0.9 * width, color=colour, label=name, zorder=2)
        if not damped.all():
            axes.plot(x[~damped], np.full((~damped).sum(), 1.25 * low), "x", color=style.POINT, label="undamped")
    axes.axhline(1.0, color=style.MUTED, linewidth=1.0, linestyle=(0, (5, 3)), zorder=3)
    axes.set(yscale="log", ylim=(low, high))
    _plain(axes.yaxis)
    axes.set_xticks(range(modes), [f"{value:.3g}" for value in frequencies])
    axes.set_xlabel("frequency of the mode, σ", fontsize=style.LABEL, color=style.MUTED)
    style.quiet(axes)
    axes.grid(axis="y", color=style.FRAME, linewidth=0.5)
    style.heading(axes, title, note)
    legend(figure)
    return figure


def _eigenvalues(axes: "Axes", item: Spectrum) -> None:
    from matplotlib.patches import Circle

    look: dict[str, Any]
    values = np.atleast_2d(np.asarray(item.values, dtype=np.complex128))
    if item.rho is not None and len(item.rho) != len(values):
        raise UsageError(f"{len(item.rho)} values of rho do not go with {len(values)} rows of eigenvalues")
    square = _square(values, item)
    if item.multipliers:
        axes.add_patch(Circle((0, 0), 1.0, facecolor=SAFE, edgecolor=style.MUTED, linewidth=1.0, zorder=0))
        decays = np.abs(values) < 1 - 1e-9
    else:
        axes.axvspan(square[0], 0.0, facecolor=SAFE, zorder=0)
        decays = values.real < -1e-9
    if item.step is not None and not item.multipliers:
        radius = 1 / item.step
        look = {"facecolor": "#c9dff6", "edgecolor": style.REAL, "linewidth": 1.0, "zorder": 1}
        axes.add_patch(Circle((-radius, 0), radius, label=f"|1 + hλ| < 1 for h = {item.step:.3g}", **look))
        decays &= np.abs(1 + item.step * values) < 1 - 1e-9
    axes.axhline(0, color=style.MUTED, linewidth=0.6, zorder=1)
    axes.axvline(0, color=style.MUTED, linewidth=0.6, zorder=1)
    if item.rho is None:
        for some, colour, name in ((decays, style.INK, "decays"), (~decays, style.POINT, "does not decay")):
            if some.any():
                look = {"color": colour, "markersize": 5, "linestyle": "none", "zorder": 4, "label": name}
                axes.plot(values[some].real, values[some].imag, "o", **look)
    else:
        _paths(axes, values, item.rho)
    panel.frame(axes, square)
    axes.set_xlabel("real part", fontsize=style.LABEL, color=style.MUTED)
    axes.set_ylabel("imaginary part", fontsize=style.LABEL, color=style.MUTED)


def _paths(axes: "Axes", values: NDArray[np.complex128], rho: Floats) -> None:
    from matplotlib.colors import LogNorm

    scale = LogNorm(float(rho.min()), float(rho.max()))
    look: dict[str, Any] = {"cmap": style.length_colours(), "norm": scale, "linewidths": 0, "zorder": 4}
    shown = axes.scatter(values.real, values.imag, s=7, c=np.broadcast_to(rho[:, None], values.shape), **look)
    for row, face in ((0, "white"), (-1, style.INK)):
        ends: dict[str, Any] = {
            "color": style.INK,
            "markerfacecolor": face,
            "markersize": 5,
            "linestyle": "none",
            "zorder": 5,
        }
        axes.plot(values[row].real, values[row].imag, "o", **ends, label=f"ρ = {rho[row]:.3g}")
    bar = axes.figure.colorbar(shown, cax=axes.inset_axes((1.03, 0, 0.035, 1)))  # as tall as the panel
    bar.set_label("ρ", fontsize=style.LABEL, color=style.MUTED, rotation=0)
    _plain(bar.ax.yaxis)
    bar.outline.set(color=style.FRAME, linewidth=0.8)
    bar.ax.tick_params(labelsize=style.TICK, length=2.5, width=0.6, color=style.FRAME, labelcolor=style.MUTED)


def _plain(axis: Any) -> None:
    """Write numbers on a logarithmic axis as 0.1, 1, 10."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
    axis.set_tick_params(which="minor", length=1.5, width=0.5, color=style.FRAME)


def _square(values: NDArray[np.complex128], item: Spectrum) -> tuple[float, float, float, float]:
    """The square that shows every finite eigenvalue, the origin and, for an update, the unit circle."""
    finite = values[np.isfinite(values)]
    points = np.concatenate([finite, [0j], [1, -1, 1j, -1j] if item.multipliers else []])
    real, imaginary = points.real, points.imag
    half = 0.62 * max(float(np.ptp(real)), float(np.ptp(imaginary))) or 1.0
    x, y = (real.min() + real.max()) / 2, (imaginary.min() + imaginary.max()) / 2
    return (x - half, x + half, y - half, y + half)

"""Curves of a run's statistics and scores over the generator's iterations."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpreg.pictures import style
from gpreg.pictures.mesh import Floats
from gpreg.pictures.rows import legible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAMILIES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Losses": {"critic_loss": ("critic", style.REAL), "generator_loss": ("generator", style.FAKE)},
    "Penalty": {"penalty": ("½ρ E[form(∇D)] over μ", style.POINT)},
    "Gradient at μ": {"gradient_norm": ("mean |∇D|", style.POINT)},
    "Critic's gap": {"critic_gap": ("on training less on held-out samples", style.REAL)},
}
"""Panels of statistics: by title, the keys that are drawn, each with its name and colour."""

COLUMNS = 4

SCORES = 40
"""Most scores that get a panel."""

LONGEST = 24
"""Most characters that are shown of a score's name."""

FARTHEST = 1e300
"""Larger values are drawn here, so that the difference of two values is still finite."""

MANY = 60
"""A curve with more points is drawn thin, under its running median."""

WINDOW = 0.05
"""Width of the window of the running median, as a share of the curve's points."""

Curve = tuple[str, str, Floats, Floats]
"""Name, colour, iterations, values."""


def curves(rows: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]] = ()) -> "Figure":
    """Draw one panel for each family of statistics and for each score, over generator iterations.

    There is no panel for keys that no line has, nor for scores after the first :data:`SCORES`. A value that is missing,
    ``None`` or not finite is a gap. Curves of many points are thin, with a running median over a twentieth of the
    points; their panel spans the 1st to the 99th percentile, so that the first steps do not flatten the rest.

    Args:
        rows: lines of ``stats.jsonl``, with ``step`` and some of ``critic_loss``, ``generator_loss``, ``penalty``,
            ``gradient_norm`` and ``critic_gap``.
        scores: lines of ``metrics.jsonl``, with ``step``, ``metric`` and ``values``.
    """
    panels = [*_statistics(rows), *_scores(scores)]
    columns = min(COLUMNS, max(1, len(panels)))
    lines = max(1, math.ceil(len(panels) / columns))
    figure = style.figure(460 * columns, 400 * lines + 30)
    every = figure.subplots(lines, columns, squeeze=False)
    last = max((row["step"] for row in (*rows, *scores)), default=0)
    for axes, (title, subtitle, members) in zip(every.flat, panels, strict=False):
        _panel(axes, members)
        _decorate(axes, title, subtitle)
        axes.set_xlim(-0.02 * (last or 1), 1.02 * (last or 1))
    for axes in every.flat[len(panels) :]:
        axes.set_axis_off()
    if panels:
        figure.supxlabel("generator iterations", fontsize=style.LABEL, color=style.MUTED)
    else:
        style.note(every.flat[0], "no statistics yet")
    return figure


def running_median(values: Floats, window: int) -> Floats:
    """The median of the finite values in a window around each value, ``(n,)``; the window is cut at the ends.

    The median at a value that is not finite is not finite either.
    """
    half = window // 2
    medians = np.full(len(values), np.nan)
    for i in np.flatnonzero(np.isfinite(values)):
        near = values[max(0, i - half) : i + half + 1]
        medians[i] = np.median(near[np.isfinite(near)])
    return medians


def _statistics(rows: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str, list[Curve]]]:
    for title, keys in FAMILIES.items():
        present = {key: look for key, look in keys.items() if any(row.get(key) is not None for row in rows)}
        members = [(name, colour, *_column(rows, key)) for key, (name, colour) in present.items()]
        if members:
            yield title, members[0][0] if len(members) == 1 else "", members


def _scores(scores: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str, list[Curve]]]:
    names = dict.fromkeys((score["metric"], name) for score in scores for name in score["values"])
    for metric, name in islice(names, SCORES):
        lines = [{"step": score["step"], **score["values"]} for score in scores if score["metric"] == metric]
        yield _shown(name).replace("_", " "), f"metric {_shown(metric)}", [(name, style.INK, *_column(lines, name))]


def _shown(name: str) -> str:
    """A score's name, cut, without characters that the font lacks; the name may be any text from the run's files."""
    name = name[:LONGEST]
    return legible(name, name.encode("unicode_escape").decode()[:LONGEST]) or "no name"


def _column(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[Floats, Floats]:
    lines = [row for row in rows if key in row]
    values = np.array([math.nan if row[key] is None else float(row[key]) for row in lines])
    return np.array([float(row["step"]) for row in lines]), np.where(
        np.isfinite(values), np.clip(values, -FARTHEST, FARTHEST), np.nan
    )


def _panel(axes: "Axes", members: Sequence[Curve]) -> None:
    spans = []
    for name, colour, steps, values in members:
        finite = np.isfinite(values)
        many = finite.sum() > MANY
        axes.plot(steps, values, color=colour, linewidth=0.5 if many else 1.3, alpha=0.4 if many else 1)
        if many:
            medians = running_median(values, max(3, round(WINDOW * len(values))))
            axes.plot(steps, medians, color=colour, linewidth=1.5, label=name)
        dotted = _alone(finite) if many else finite
        axes.plot(steps[dotted], values[dotted], "o", color=colour, markersize=2.8, label="" if many else name)
        spans += [np.percentile(values[finite], (1, 99) if many else (0, 100))] if finite.any() else []
    if spans:
        low, high = np.min(spans), np.max(spans)
        room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
        axes.set_ylim(low - room, high + room)
    else:
        style.note(axes, "not finite anywhere")
    if len(members) > 1:
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderpad": 0.3, "borderaxespad": 0}
        axes.legend(ncols=len(members), frameon=False, fontsize=style.LABEL, labelcolor=style.MUTED, **place)


def _decorate(axes: "Axes", title: str, subtitle: str) -> None:
    style.heading(axes, title, subtitle)
    style.quiet(axes)
    axes.grid(axis="y", color=style.FRAME, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.locator_params(nbins=5)
    axes.locator_params(axis="x", nbins=4, integer=True)
    axes.xaxis.set_major_formatter("{x:,.0f}")


def _alone(finite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Finite points between two gaps, which a line does not show."""
    padded = np.pad(finite, 1)
    return finite & ~padded[:-2] & ~padded[2:]

"""The sections of figures: scores over rho, and learning curves, each a small panel a row."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gpreg.reports.bands import Point, band, score_curve, statistic_curve, thinned
from gpreg.reports.good import GoodRange, good_range, ranked_median
from gpreg.reports.panels import Frame, Gallery, Panel, Sight, draw_band, draw_sight
from gpreg.reports.scores import FAILED
from gpreg.sweeps.cell import Result
from gpreg.sweeps.evidence import Evidence

MOST = 96
"""Most panels of one section; a page with more would take long to make and to read."""

Curves = Mapping[str, Sequence[Mapping[int, float]]]
"""For each row the curves of its seeds."""


def sights(results: Sequence[Result], score: str, better: str, margin: float | None) -> Sequence[Gallery]:
    """A score over rho, for each column in which some row was tried at two values of rho or more.

    Args:
        results: final ones.
        score: its name.
        better: ``"higher"`` or ``"lower"``.
        margin: how much worse than the best median is still good; ``None``: as far as the worst seed there.
    """
    found: dict[str, dict[str, dict[float, list[float | None]]]] = {}
    for result in results:
        rho, value = result.cell.rho, result.scores.get(score)
        if isinstance(rho, float | int) and rho > 0 and (value is not None or result.state in FAILED):
            rows = found.setdefault(result.cell.column, {})
            rows.setdefault(result.cell.row, {}).setdefault(float(rho), []).append(value)
    several = {
        column: {row: values for row, values in rows.items() if len(values) > 1} for column, rows in found.items()
    }
    tried = [
        _Tried(column=column, rows=rows, score=score, better=better, margin=margin)
        for column, rows in several.items()
        if any(value is not None for values in rows.values() for seeds in values.values() for value in seeds)
    ]
    return [_sight_gallery(each, number) for number, each in enumerate(tried, 1)]


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """A score of one column: for each row and each rho that was tried the seeds' values; the rest as of sights."""

    column: str
    rows: Mapping[str, Mapping[float, Sequence[float | None]]]
    score: str
    better: str
    margin: float | None


def _sight_gallery(tried: _Tried, number: int) -> Gallery:
    rows, score = tried.rows, tried.score
    finite = [value for values in rows.values() for seeds in values.values() for value in seeds if value is not None]
    frame = Frame.of([rho for values in rows.values() for rho in values], finite, x_log=True)
    panels = []
    for index, (row, values) in enumerate(list(rows.items())[:MOST], 1):
        good = good_range(values, better=tried.better, margin=tried.margin)
        failed = sum(value is None for seeds in values.values() for value in seeds)
        words = str(good) if good else "no rho was good"
        words += f"; {failed} of {sum(map(len, values.values()))} runs failed" * bool(failed)
        medians = [(rho, ranked_median(seeds, tried.better)) for rho, seeds in sorted(values.items())]
        sight = Sight(
            dots=[(rho, value) for rho, seeds in values.items() for value in seeds if value is not None],
            middles=[(rho, middle) for rho, middle in medians if math.isfinite(middle)],
            good=(good.low, good.high) if good else None,
        )
        figure = draw_sight(
            sight,
            frame,
            name=f"rho-{number}-{index}",
            title=f"{row} on {tried.column}: {score} over rho",
            description=_sight_words(medians, good),
        )
        panels.append(Panel(name=row, note=words, figure=figure))
    allowed = f"{tried.margin:.4g}" if tried.margin is not None else "the distance of the worst seed at the best rho"
    axes = f"Across: rho, logarithmic. Up: {score}, {tried.better} is better"
    axes += ", logarithmic" if frame.y_log else ""
    axes += f". A dot a seed, the line through the medians; shaded: no worse than the best median by {allowed}."
    return Gallery(title=f"{score} over rho, {tried.column}", axes=axes, panels=panels)


def _sight_words(medians: Sequence[tuple[float, float]], good: GoodRange | None) -> str:
    told = ", ".join(
        f"{middle:.4g} at {rho:.4g}" if math.isfinite(middle) else f"failed at {rho:.4g}" for rho, middle in medians
    )
    return f"Medians: {told}. {good or 'No rho was good'}."


def learning_curves(
    results: Sequence[Result], rows: Mapping[str, str], evidence: Mapping[str, Evidence], scores: Sequence[str]
) -> Sequence[Gallery]:
    """Scores and the norm of the critic's gradient over the steps, for each column.

    Args:
        results: final ones, also of runs that have not ended.
        rows: the row of each cell, by the cell's name.
        evidence: what each run's folder says, by the cell's name.
        scores: which scores.
    """
    columns: dict[str, dict[str, list[Evidence]]] = {}
    for result in results:
        if (run := evidence.get(result.cell.name)) is not None:
            columns.setdefault(result.cell.column, {}).setdefault(rows[result.cell.name], []).append(run)
    galleries, left = [], MOST
    for number, (column, runs) in enumerate(columns.items(), 1):
        kinds = {score: {row: [score_curve(run, score) for run in of] for row, of in runs.items()} for score in scores}
        kinds["mean |∇D| where it is penalised"] = {
            row: [statistic_curve(run, "gradient_norm") for run in of] for row, of in runs.items()
        }
        for index, (title, curves) in enumerate(kinds.items(), 1):
            gallery = _band_gallery(f"{title}, {column}", curves, f"curve-{number}-{index}", left)
            if gallery is not None:
                galleries.append(gallery)
                left -= len(gallery.panels)
    return galleries


def _band_gallery(title: str, curves: Curves, name: str, most: int) -> Gallery | None:
    """The panels of one quantity; ``None`` if it was measured at one step or none."""
    bands = {row: found for row, each in curves.items() if len(found := band(each)) > 1}
    if not bands:
        return None
    shown = dict(list(bands.items())[:most])
    if not shown:
        return Gallery(title=title, axes=f"Not drawn: a page has {MOST} such panels at most.")
    points = [point for found in shown.values() for point in found]
    frame = Frame.of([p.step for p in points], [value for p in points for value in (p.low, p.high)])
    reference = _pooled(list(shown.values())) if len(shown) > 1 else []
    panels = [
        Panel(
            name=row,
            note=f"{found[-1].middle:.4g} at step {found[-1].step:,}",
            figure=draw_band(
                found,
                frame,
                reference,
                name=f"{name}-{index}",
                title=f"{row}: {title}",
                description=f"From {found[0].middle:.4g} at step {found[0].step:,} to {found[-1].middle:.4g} at step "
                f"{found[-1].step:,}, there from {found[-1].low:.4g} to {found[-1].high:.4g} over {found[-1].n} seeds.",
            ),
        )
        for index, (row, found) in enumerate(shown.items(), 1)
    ]
    axes = f"Across: generator steps. {'Up: logarithmic. ' * frame.y_log}Line: median over seeds; band: all seeds"
    axes += "; dashed: the median of all rows." if reference else "."
    if len(bands) > len(shown):
        axes += f" The first {len(shown)} of {len(bands)} rows are drawn."
    return Gallery(title=title, axes=axes, panels=panels)


def _pooled(bands: Sequence[Sequence[Point]]) -> Sequence[Point]:
    """The median of all rows' medians at the steps that all of them have."""
    common = set.intersection(*({point.step for point in found} for found in bands))
    steps = set(thinned(sorted(common)))
    return band([{point.step: point.middle for point in found if point.step in steps} for found in bands])

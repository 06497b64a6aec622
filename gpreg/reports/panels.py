"""The panels of a section: one small figure for each row of the comparison, all on the same axes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gpreg.pictures import style
from gpreg.reports.bands import Point
from gpreg.reports.vector import FAINT, GOOD, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 400, 260
"""Of a panel, in pixels of 150 to the inch; in a page it takes the width that there is."""

STEEP = 30.0
"""A vertical axis is logarithmic if its largest value is so many times its smallest."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A score over rho.

    Attributes:
        dots: rho and the score of every seed.
        middles: rho and the median.
        good: the range of rho that is good, if there is one.
    """

    dots: Sequence[tuple[float, float]]
    middles: Sequence[tuple[float, float]]
    good: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The axes that the panels of one section share.

    Attributes:
        x, y: lowest and highest value.
        x_log, y_log: whether an axis is logarithmic.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_log: bool = False
    y_log: bool = False

    @classmethod
    def of(cls, x: Iterable[float], y: Iterable[float], *, x_log: bool = False) -> "Frame":
        """Axes that show all these values; at least one of each."""
        xs, ys = list(x), list(y)
        y_log = min(ys) > 0 and max(ys) > STEEP * min(ys)
        return cls(x=_roomy(min(xs), max(xs), x_log), y=_roomy(min(ys), max(ys), y_log), x_log=x_log, y_log=y_log)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One small figure with its caption.

    Attributes:
        name: what it is of: a row.
        note: a few words beside the name.
        figure: as SVG.
    """

    name: str
    figure: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The panels of one section that share their axes.

    Attributes:
        title: of the group, such as a column and a score.
        axes: what the axes show, in words.
        panels: one a row.
    """

    title: str
    axes: str
    panels: Sequence[Panel] = field(default_factory=list)


def draw_band(
    band: Sequence[Point], frame: Frame, reference: Sequence[Point], *, name: str, title: str, description: str
) -> str:
    """A band over steps; the reference is another row's median, thin and dashed."""
    figure, axes = _empty(frame)
    steps = [point.step for point in band]
    if {point.n for point in band} - {1}:
        axes.fill_between(
            steps, [p.low for p in band], [p.high for p in band], color=style.REAL, alpha=0.22, linewidth=0
        )
    axes.plot([p.step for p in reference], [p.middle for p in reference], color=FAINT, linewidth=1, linestyle="--")
    look: dict[str, Any] = {"color": style.REAL, "linewidth": 1.5, "solid_capstyle": "butt"}
    axes.plot(steps, [p.middle for p in band], marker="o" if len(band) == 1 else "", markersize=3, **look)
    return svg(figure, name=name, title=title, description=description)


def draw_sight(sight: Sight, frame: Frame, *, name: str, title: str, description: str) -> str:
    """A score over rho: every seed a dot, the medians joined, the good range shaded."""
    figure, axes = _empty(frame)
    if sight.good:
        axes.axvspan(*_widened(sight.good), color=GOOD, linewidth=0)
    axes.plot(*_columns(sight.middles), color=style.REAL, linewidth=1.4)
    axes.plot(*_columns(sight.dots), "o", color=style.REAL, markersize=2.6, alpha=0.75, markeredgewidth=0)
    return svg(figure, name=name, title=title, description=description)


def _empty(frame: Frame) -> tuple[Any, "Axes"]:
    figure = style.figure(WIDTH, HEIGHT)
    figure.set_layout_engine(None)  # a layout that is computed takes longer than the drawing
    axes = figure.add_axes((0.15, 0.13, 0.82, 0.83))
    style.quiet(axes)
    axes.set_xscale("log" if frame.x_log else "linear")
    axes.set_yscale("log" if frame.y_log else "linear")
    axes.set(xlim=frame.x, ylim=frame.y)
    for number, is_log in ((axes.xaxis, frame.x_log), (axes.yaxis, frame.y_log)):
        if is_log:
            _log_ticks(number)
        else:
            number.set_major_locator(_round_ticks())
            number.set_major_formatter(_plainly)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color=style.FRAME, linewidth=0.4)
    axes.set_axisbelow(True)
    return figure, axes


def _round_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)


def _log_ticks(axis: Any) -> None:
    """Ticks at 1, 2 and 5 times the powers of ten where they are few, else at the powers alone; no formulas."""
    from matplotlib.ticker import LogLocator, NullLocator

    low, high = axis.get_view_interval()
    narrow = high / low < 60
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=6))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(_plainly)


def _plainly(value: float, _: float | None = None) -> str:
    """A number of an axis: ``0.01``, ``2000``, ``1e+06``."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}", 1) if value < 0 else f"{value:.4g}"


def _roomy(low: float, high: float, is_log: bool) -> tuple[float, float]:
    if is_log:
        room = (high / low) ** 0.06 if high > low else 2.0
        return low / room, high * room
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def _widened(span: tuple[float, float]) -> tuple[float, float]:
    """A range of rho whose ends are dots, wide enough to be seen if it is one dot."""
    return span[0] / 1.12, span[1] * 1.12


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in pairs], [y for _, y in pairs]

"""The look of all figures: colours, type sizes, the empty figure. Nothing here touches pyplot or global settings."""

import os
import sys
from contextlib import AbstractContextManager, chdir, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

REAL, FAKE, POINT = "#2a78d6", "#eda100", "#d03b3b"
"""Colours of real samples, of fake samples, and of highlights: penalised points, values that are not finite."""

INK, MUTED, FRAME = "#21201d", "#52514e", "#d9d8d4"
"""Colours of text and lines, of secondary text, and of frames."""

TITLE, LABEL, TICK = 11.0, 9.0, 8.0
"""Type sizes in points."""

DPI = 150


_importing = Lock()


def import_matplotlib() -> None:
    """Import matplotlib while the current folder is one of gpreg's; to be called before anything is drawn.

    On import, matplotlib obeys a file ``matplotlibrc`` in the current folder. A stranger may have put it there, and it
    can make matplotlib run LaTeX or import a module as backend, or be a pipe, which would block.
    """
    with _importing:  # one thread at a time: all threads share the current folder
        if "matplotlib" in sys.modules:
            return
        try:
            os.getcwd()
        except OSError:  # the current folder was removed, so there is no such file in it
            away: AbstractContextManager[None] = nullcontext()
        else:
            away = chdir(Path(__file__).parent)
        with away:
            import matplotlib  # noqa: F401  # it reads its settings only once


def figure(width: int, height: int) -> "Figure":
    """An empty figure of ``width`` by ``height`` pixels, with a canvas of its own: no display, no global state."""
    import_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.07, h_pad=0.08, wspace=0.03, rect=(0, 0, 1, 0.985))
    return Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout=layout)


@cache
def value_colours() -> "Colormap":
    """Colours of the critic's values: from the hue of fake samples over white to that of real samples, but paler."""
    import_matplotlib()
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("values", ["#efb637", "#f7d88f", "#fdfcf9", "#b5d2f2", "#6ca5e6"])


@cache
def length_colours() -> "Colormap":
    """Colours of the gradient's length, from pale to dark."""
    import_matplotlib()
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("lengths", ["#cfc9d8", "#a487b8", "#b03a78", "#7d1230", "#3a0714"])


def heading(axes: "Axes", title: str, subtitle: str | None = None) -> None:
    """A bold title at the left, and plain text in the line under it; ``""`` leaves that line empty.

    Both are shown literally: names may contain a dollar sign, which must not begin a formula.
    """
    pad = 6 if subtitle is None else 19
    axes.set_title(title, fontsize=TITLE, fontweight="bold", color=INK, loc="left", pad=pad, parse_math=False)
    place: dict[str, Any] = {
        "xycoords": "axes fraction",
        "xytext": (0, 5.5),
        "textcoords": "offset points",
        "parse_math": False,
    }
    axes.annotate(subtitle or "", (0, 1), fontsize=LABEL, color=MUTED, **place)


def quiet(axes: "Axes") -> None:
    """Give a panel a thin grey frame and small grey numbers."""
    axes.tick_params(labelsize=TICK, length=2.5, width=0.6, color=FRAME, labelcolor=MUTED)
    for side in axes.spines.values():
        side.set(color=FRAME, linewidth=0.8)


def note(axes: "Axes", text: str) -> None:
    """A remark at the foot of a panel, on white."""
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": POINT, "linewidth": 0.8}
    place: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "bottom", "zorder": 9}
    axes.text(0.5, 0.05, text, fontsize=LABEL, color=POINT, bbox=box, **place)

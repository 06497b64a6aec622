"""Several critics' value surfaces side by side, on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from torch import Tensor

from gpreg.errors import UsageError
from gpreg.pictures import panel, style
from gpreg.pictures.mesh import Critic, Limits, Mesh

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3

SCALE = (0.0, 1.0)
"""The values at the ends of the common colour scale, which are those of the sigmoid of a critic."""


@dataclass(frozen=True, kw_only=True)
class Surface:
    """One panel: a critic's value surface with samples.

    Attributes:
        title, note: two lines above the panel, bold and plain.
        critic: ``(B, 2) -> (B,)`` on the CPU, in evaluation mode.
        real, fake: ``(n, 2)``, the samples that the critic was trained on; ``None``: not shown.
    """

    title: str
    critic: Critic
    note: str = ""
    real: Tensor | None = None
    fake: Tensor | None = None


def surfaces(
    panels: Sequence[Surface],
    *,
    limits: Limits,
    resolution: int = 128,
) -> "Figure":
    """Draw value surfaces, three in a row, as Thanh-Tung et al. (2019, Figure 1) do.

    Args:
        panels: panels in reading order.
        limits: left, right, bottom, top of all panels.
        resolution: number of points in a row of a surface.

    Raises:
        UsageError: there is no panel, or the limits are empty.
    """
    if not panels:
        raise UsageError("there is no surface to draw; give at least one")
    columns, rows = min(COLUMNS, len(panels)), ceil(len(panels) / COLUMNS)
    figure = style.figure(500 * columns + 120, 560 * rows + 60)
    every = figure.subplots(rows, columns, squeeze=False)
    mesh = Mesh(limits, resolution)
    every_value = [mesh.values(item.critic) for item in panels]
    outside = any(((values < SCALE[0]) | (values > SCALE[1])).any() for values in every_value)
    for axes, item, values in zip(every.flat, panels, every_value, strict=False):
        shown = panel.surface(axes, mesh, values, SCALE, extend="both" if outside else "neither")
        for samples, colour, name in ((item.real, style.REAL, "real"), (item.fake, style.FAKE, "fake")):
            if samples is not None:
                panel.scatter(axes, samples, colour, name)
        panel.blank(axes, values)
        panel.frame(axes, limits)
        style.heading(axes, item.title, item.note)
    for axes in every.flat[len(panels) :]:
        axes.set_axis_off()
    panel.colour_bar(every, shown, aspect=28 * rows)
    panel.legend(figure)
    return figure

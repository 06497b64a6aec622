"""Draw points of the plane."""

from typing import TYPE_CHECKING

from torch import Tensor

from gpreg.pictures import panel, style
from gpreg.pictures.mesh import Limits, square_limits

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scatter(samples: Tensor, *, limits: Limits | None = None, title: str = "") -> "Figure":
    """Draw samples of the plane.

    Args:
        samples: ``(n, 2)``; the first 2,000 are drawn.
        limits: left, right, bottom, top; ``None``: a square about the samples.
        title: title of the figure.

    Raises:
        UsageError: the limits are not given and the samples not finite.
    """
    figure = style.figure(800, 840)
    axes = figure.subplots()
    limits = square_limits(samples) if limits is None else limits
    panel.scatter(axes, samples, style.FAKE, "samples")
    panel.frame(axes, limits)
    style.heading(axes, title or "Samples")
    return figure

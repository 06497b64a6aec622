"""The hook: which metrics this package supplies."""

from collections.abc import Iterable

import gpreg
from gpreg import Citation, MetricSpec

VEEGAN = Citation(
    key="srivastava2017veegan",
    authors="Srivastava, Akash and Valkov, Lazar and Russell, Chris and Gutmann, Michael U. and Sutton, Charles",
    title="VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1705.07761",
)

OPTIMAL_TRANSPORT = Citation(
    key="peyre2019computational",
    authors="Peyré, Gabriel and Cuturi, Marco",
    title="Computational Optimal Transport",
    year=2019,
    venue="Foundations and Trends in Machine Learning 11(5-6)",
    arxiv="1803.00567",
)


@gpreg.hookimpl
def gpreg_metrics() -> Iterable[MetricSpec]:
    """Scores of samples of low dimension."""
    return [
        MetricSpec(
            name="modes",
            factory="gpreg_metrics.modes:Modes",
            summary="modes of a Gaussian mixture that are covered, and the share of samples within 3 std of one",
            options="gpreg_metrics.options:ModesOptions",
            cites=(VEEGAN,),
            values={"modes": "higher", "high_quality_share": "higher"},
            shapes="(d,), from a Gaussian mixture",
        ),
        MetricSpec(
            name="wasserstein",
            factory="gpreg_metrics.wasserstein:Wasserstein",
            summary="exact W1 between equally many generated and data points",
            options="gpreg_metrics.options:WassersteinOptions",
            cites=(OPTIMAL_TRANSPORT,),
            values={"w1": "lower"},
            shapes="(d,)",
        ),
    ]

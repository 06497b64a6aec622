"""How far a critic's value surface is from that of the best possible critic."""

import torch
from torch import Tensor, nn

from gpreg.errors import GpregError, UsageError
from gpreg.interfaces import CriticMetric, Data, MetricResult
from gpreg_metrics.options import ValueSurfaceOptions


class ValueSurface(CriticMetric):
    """The mean of ``|s(D(x)) - D*(x)|`` over a mesh in the plane, with s the sigmoid and ``D* = p_d / (p_d + p_g)``.

    The critic's raw output D is that of the minimax or the non-saturating loss, whose best critic has ``s(D) = D*``
    (Goodfellow et al., 2014, Proposition 1). p_g is the law of fake samples that goes with the data, such as the other
    one of ``two-gaussians``; the number says something of a critic that was trained against this law. Reported are

    * ``difference``, with equal weight at each point of the mesh: what one sees in Figure 1 of the source;
    * ``difference_at_data``, with weights in proportion to ``(p_d + p_g) / 2``: where the samples are.

    A critic that is 0 everywhere has the mean of ``|1/2 - D*|``; both are 0 for the best critic.

    Source: Thanh-Tung, Tran and Venkatesh (2019), Figure 1.
    """

    def __init__(self, options: ValueSurfaceOptions) -> None:
        self._options = options

    def judge(self, critic: nn.Module, data: Data) -> MetricResult:
        """Compare the critic with the best one.

        Args:
            critic: ``(B, 2) -> (B,)``.
            data: points in the plane with known densities.

        Raises:
            UsageError: the densities are not known, or the data are no points in the plane.
            GpregError: the critic's output is not finite.
        """
        if data.densities is None or data.spec.shape != (2,):
            raise UsageError(
                "metric 'value-surface' needs points in the plane whose density is known, and that of the fake ones",
                remedy="use the dataset two-gaussians, or another metric; `gpreg list-metrics` lists them",
            )
        points = self._mesh().to(next((weight.device for weight in critic.parameters()), "cpu"))
        values = critic(points).flatten().double().sigmoid()
        if broken := int((~values.isfinite()).sum()):
            raise GpregError(f"the critic is not finite at {broken} of {len(points)} points: it has diverged")
        exact = points.double()
        distances = (values - data.densities.optimal_discriminator(exact)).abs()
        weights = data.densities.real(exact).exp() + data.densities.fake(exact).exp()
        return MetricResult(
            values={
                "difference": float(distances.mean()),
                "difference_at_data": float((weights * distances).sum() / weights.sum()),
            },
            provenance={
                "points": len(points),
                "low": self._options.low,
                "high": self._options.high,
                "definition": "mean of |sigmoid(D) - p_d / (p_d + p_g)| over a square mesh",
            },
        )

    def _mesh(self) -> Tensor:
        """``(n^2, 2)``, the points of the mesh."""
        line = torch.linspace(self._options.low, self._options.high, self._options.resolution)
        return torch.cartesian_prod(line, line)

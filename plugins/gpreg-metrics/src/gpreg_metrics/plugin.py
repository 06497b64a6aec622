"""The hook that registers the metrics."""

from collections.abc import Iterable

import gpreg
from gpreg import MetricSpec
from gpreg_metrics import citations


@gpreg.hookimpl
def gpreg_metrics() -> Iterable[MetricSpec]:
    """Metrics of points, and of images by Inception or by a classifier trained on the data."""
    return [
        MetricSpec(
            name="modes",
            factory="gpreg_metrics.modes:Modes",
            summary="share of samples within 3 std of a mode, modes that are covered, and both in one number",
            options="gpreg_metrics.options:ModesOptions",
            cites=(citations.VEEGAN,),
            values={"balanced_share": "higher", "modes": "higher", "high_quality_share": "higher"},
            shapes="(d,), from a Gaussian mixture",
        ),
        MetricSpec(
            name="wasserstein",
            factory="gpreg_metrics.wasserstein:Wasserstein",
            summary="exact W1 between equally many generated and data points",
            options="gpreg_metrics.options:WassersteinOptions",
            cites=(citations.OPTIMAL_TRANSPORT,),
            values={"w1": "lower"},
            shapes="(d,)",
        ),
        MetricSpec(
            name="value-surface",
            factory="gpreg_metrics.value_surface:ValueSurface",
            summary="mean difference of a critic's value surface from that of the best critic, p_d / (p_d + p_g)",
            options="gpreg_metrics.options:ValueSurfaceOptions",
            cites=(citations.ZERO_GP,),
            values={"difference": "lower", "difference_at_data": "lower"},
            shapes="critics on (2,), from two-gaussians",
        ),
        MetricSpec(
            name="fid",
            factory="gpreg_metrics.fid:Fid",
            summary="Fréchet distance of Inception's features from the data's",
            options="gpreg_metrics.options:FidOptions",
            cites=(citations.TTUR,),
            values={"fid": "lower"},
            shapes="(1 or 3, H, W)",
        ),
        MetricSpec(
            name="inception-score",
            factory="gpreg_metrics.inception_score:InceptionScore",
            summary="how surely and how evenly Inception assigns samples to ImageNet's classes",
            options="gpreg_metrics.options:InceptionScoreOptions",
            cites=(citations.IMPROVED_TECHNIQUES,),
            values={"inception_score": "higher", "inception_score_std": "lower"},
            shapes="(1 or 3, H, W)",
        ),
        MetricSpec(
            name="kid",
            factory="gpreg_metrics.kid:Kid",
            summary="unbiased squared MMD of Inception's features from the data's",
            options="gpreg_metrics.options:KidOptions",
            cites=(citations.MMD_GANS,),
            values={"kid": "lower", "kid_std": "lower"},
            shapes="(1 or 3, H, W)",
        ),
        MetricSpec(
            name="precision-recall",
            factory="gpreg_metrics.precision_recall:PrecisionRecall",
            summary="share of samples near the data, and of the data near samples, in Inception's features",
            options="gpreg_metrics.options:PrecisionRecallOptions",
            cites=(citations.PRECISION_RECALL,),
            values={"precision": "higher", "recall": "higher"},
            shapes="(1 or 3, H, W)",
        ),
        MetricSpec(
            name="classifier",
            factory="gpreg_metrics.classifier_scores:ClassifierScores",
            summary="Fréchet distance and score by a small classifier, trained once on the labelled data itself",
            options="gpreg_metrics.options:ClassifierOptions",
            cites=(citations.TTUR, citations.IMPROVED_TECHNIQUES),
            values={"frechet_distance": "lower", "score": "higher"},
            shapes="(C, H, W) with labels, from 4x4",
        ),
        MetricSpec(
            name="stacked-mnist",
            factory="gpreg_metrics.stacked_mnist:StackedModes",
            summary="how many of the 1000 modes of stacked digits are covered, and how evenly",
            options="gpreg_metrics.options:StackedMnistOptions",
            cites=(citations.UNROLLED, citations.VEEGAN),
            values={"kl": "lower", "modes": "higher"},
            shapes="(3, H, W), from stacked-mnist",
        ),
    ]

"""Precision and recall by nearest neighbours."""

from collections.abc import Iterable

from torch import Tensor
from torch_fidelity.metric_prc import KEY_METRIC_PRECISION, KEY_METRIC_RECALL, prc_features_to_metric

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.images import generated_images
from gpreg_metrics.inception import Inception
from gpreg_metrics.options import PrecisionRecallOptions
from gpreg_metrics.reference import Reference, gather

ROWS = 1000
"""Number of features whose distances to all others are in memory together: 200 MB for 50,000 others."""


class PrecisionRecall(Metric):
    """Precision: the share of samples in the data's manifold; recall: the share of the data in the samples'.

    The manifold of a set is the union of balls around its features, each reaching to the centre's k-th nearest
    neighbour in the set. Balls shrink as sets grow, so that both sets should have equally many images, and values can
    be compared only for equal numbers. Features are Inception's 2048; with those of the paper, VGG-16's, values differ.

    Source: Kynkäänniemi et al. (2019), equations 1 and 2.
    """

    def __init__(self, options: PrecisionRecallOptions) -> None:
        self._options = options
        self._inception = Inception("2048", options)

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, C, H, W)``; more than k samples in all.
            data: data of more than k images.

        Raises:
            UsageError: data or samples are not such images, or too few.
            DataError: Inception's weights are missing or damaged.
            GpregError: a sample is not finite.
        """
        self._inception.prepare(data, "precision-recall")
        options = self._options
        generated = gather(self._inception.features(generated_images(samples, data, "precision-recall")))
        self._require(len(generated), "samples", "generate more, with -n")
        count = options.reference_samples or min(len(generated), data.size or len(generated))
        reference = Reference(data, "precision-recall", count=count, cache=options.cache)
        self._require(reference.count, "images of the data", "use more of them")
        device = self._inception.device
        shares = prc_features_to_metric(
            generated.to(device),
            reference.features(self._inception).to(device),
            prc_neighborhood=options.neighbours,
            prc_batch_size=ROWS,
            save_cpu_ram=True,
            verbose=False,
        )
        return MetricResult(
            values={"precision": shares[KEY_METRIC_PRECISION], "recall": shares[KEY_METRIC_RECALL]},
            provenance={
                "samples": len(generated),
                "reference samples": reference.count,
                "neighbours": options.neighbours,
                "definition": "share within the balls to the k-th nearest neighbour of the other side's features",
                **self._inception.provenance,
            },
        )

    def _require(self, count: int, what: str, remedy: str) -> None:
        k = self._options.neighbours
        if count <= k:
            raise UsageError(
                f"metric 'precision-recall' needs more than {k} {what} for a {k}-th neighbour, and there are {count}",
                remedy=remedy if count < 2 else f"{remedy}, or look less far, as with -S neighbours={count - 1}",
            )

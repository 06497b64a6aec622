"""The Inception score."""

from collections.abc import Iterable

from torch import Tensor
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.images import generated_images
from gpreg_metrics.inception import Inception
from gpreg_metrics.options import InceptionScoreOptions
from gpreg_metrics.reference import gather


class InceptionScore(Metric):
    """``exp(E_x KL(p(y|x) || p(y)))``, with p(y|x) Inception's probabilities and p(y) their mean.

    The samples are shuffled and cut into ``splits`` parts; mean and standard deviation over the parts are reported. The
    score lies between 1 and the number of classes. It does not compare with the data: it is high if each sample looks
    like a single class of ImageNet, and all together like many.

    Source: Salimans et al. (2016), section 4.
    """

    def __init__(self, options: InceptionScoreOptions) -> None:
        self._options = options
        self._inception = Inception("logits_unbiased", options)

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, C, H, W)``; at least as many samples as there are splits.
            data: data of images, of which only the spec is used.

        Raises:
            UsageError: data or samples are not such images, or too few.
            DataError: Inception's weights are missing or damaged.
            GpregError: a sample is not finite.
        """
        self._inception.prepare(data, "inception-score")
        splits, seed = self._options.splits, self._options.seed
        logits = gather(self._inception.features(generated_images(samples, data, "inception-score")))
        if len(logits) < splits:
            raise UsageError(
                f"metric 'inception-score' needs a sample for each of {splits} splits and was given {len(logits)}",
                remedy="generate more, with -n; 50000 are usual; or take fewer parts, as with -S splits=1",
            )
        score = isc_features_to_metric(logits, splits=splits, rng_seed=seed)
        return MetricResult(
            values={
                "inception_score": score[KEY_METRIC_ISC_MEAN],
                "inception_score_std": score[KEY_METRIC_ISC_STD],
            },
            provenance={
                "samples": len(logits),
                "splits": splits,
                "seed of the splits": seed,
                "definition": "exp(E KL(p(y|x) || p(y))), mean and std over the splits",
                **self._inception.provenance,
            },
        )

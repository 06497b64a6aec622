"""The kernel Inception distance."""

from collections.abc import Iterable

from torch import Tensor
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.images import generated_images
from gpreg_metrics.inception import Inception
from gpreg_metrics.options import KidOptions
from gpreg_metrics.reference import Reference, gather


class Kid(Metric):
    """The squared maximum mean discrepancy of Inception's features, with the kernel ``(x.y / 2048 + 1)^3``.

    It is estimated without bias on ``subset_size`` samples and as many images of the data, and averaged over
    ``subsets`` random draws of both; the standard deviation over the draws is reported too. Without bias, the estimate
    may be slightly negative, and values for different numbers of samples can be compared.

    Source: Bińkowski et al. (2018), section 4.
    """

    def __init__(self, options: KidOptions) -> None:
        self._options = options
        self._inception = Inception("2048", options)

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, C, H, W)``; at least ``subset_size`` samples in all.
            data: data of at least as many images.

        Raises:
            UsageError: data or samples are not such images, or too few.
            DataError: Inception's weights are missing or damaged.
            GpregError: a sample is not finite.
        """
        self._inception.prepare(data, "kid")
        options = self._options
        reference = Reference(data, "kid", count=options.reference_samples, cache=options.cache)
        self._require(reference.count, "images of the data to compare with", "use more of them")
        generated = gather(self._inception.features(generated_images(samples, data, "kid")))
        self._require(len(generated), "samples", "generate more, with -n")
        distance = kid_features_to_metric(
            generated,
            reference.features(self._inception),
            kid_subsets=options.subsets,
            kid_subset_size=options.subset_size,
            rng_seed=options.seed,
            verbose=False,
        )
        return MetricResult(
            values={"kid": distance[KEY_METRIC_KID_MEAN], "kid_std": distance[KEY_METRIC_KID_STD]},
            provenance={
                "samples": len(generated),
                "reference samples": reference.count,
                "subsets": options.subsets,
                "subset size": options.subset_size,
                "seed of the subsets": options.seed,
                "definition": "unbiased squared MMD, kernel (x.y/d + 1)^3, mean and std over subsets",
                **self._inception.provenance,
            },
        )

    def _require(self, count: int, what: str, remedy: str) -> None:
        size = self._options.subset_size
        if count < size:
            raise UsageError(
                f"metric 'kid' draws subsets of {size}, and there are {count} {what}",
                remedy=f"{remedy}, or draw fewer, as with -S subset_size={max(count, 2)}",
            )

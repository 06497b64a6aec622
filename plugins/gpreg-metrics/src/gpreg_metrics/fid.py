"""The Fréchet Inception distance."""

from collections.abc import Iterable

from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.frechet import RunningMoments, frechet_distance
from gpreg_metrics.images import generated_images
from gpreg_metrics.inception import Inception
from gpreg_metrics.options import FidOptions
from gpreg_metrics.reference import Reference
from gpreg_metrics.telling import tell_once


class Fid(Metric):
    """``|m_g - m_d|^2 + tr(C_g + C_d - 2 (C_g C_d)^{1/2})``.

    m and C are mean and covariance of Inception's 2048 features, of samples (g) and data (d). It is biased upwards, the
    more the fewer samples there are: compare values only at the same numbers; 50,000 are usual. It is defined from two
    samples on; a message says if there are no more images than features, so that the covariances are singular.

    Source: Heusel et al. (2017), equation 6.
    """

    def __init__(self, options: FidOptions) -> None:
        self._options = options
        self._inception = Inception("2048", options)

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, C, H, W)``; at least two samples in all.
            data: data of images.

        Raises:
            UsageError: data or samples are not such images, or too few.
            DataError: Inception's weights are missing or damaged.
            GpregError: a sample is not finite.
        """
        self._inception.prepare(data, "fid")
        options = self._options
        reference = Reference(data, "fid", count=options.reference_samples, cache=options.cache)
        generated = RunningMoments()
        for features in self._inception.features(generated_images(samples, data, "fid")):
            generated.add(features)
        if generated.count < 2:
            raise UsageError(
                f"metric 'fid' needs at least 2 samples and was given {generated.count}",
                remedy="generate more, with -n; 50000 are usual",
            )
        moments = generated.moments()
        smallest, width = min(generated.count, reference.count), len(moments.mean)
        if smallest <= width:
            tell_once(
                f"metric 'fid': covariances of {smallest} images in {width} dimensions are singular, so that FID is "
                "far above that of many images; compare it for equal numbers of samples and of data only"
            )
        return MetricResult(
            values={"fid": frechet_distance(moments, reference.moments(self._inception))},
            provenance={
                "samples": generated.count,
                "reference samples": reference.count,
                "definition": "squared Fréchet distance of Gaussians fitted to Inception's features",
                **self._inception.provenance,
            },
        )

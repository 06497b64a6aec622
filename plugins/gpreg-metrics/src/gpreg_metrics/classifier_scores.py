"""Scores by a classifier trained on the data, for images unlike ImageNet's, or without Inception's weights."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Data, Metric, MetricResult
from gpreg_metrics.classifier_training import trained_classifier, whole_images
from gpreg_metrics.frechet import RunningMoments, frechet_distance
from gpreg_metrics.images import generated_images
from gpreg_metrics.options import ClassifierOptions
from gpreg_metrics.reference import Reference


class ClassifierScores(Metric):
    """The formulas of FID and Inception score, with a small classifier in place of Inception.

    The classifier is trained once on the labelled data, and kept. ``frechet_distance`` is
    ``|m_g - m_d|^2 + tr(C_g + C_d - 2 (C_g C_d)^{1/2})`` of its 128 features; ``score`` is
    ``exp(E_x KL(p(y|x) || p(y)))`` of its probabilities, over all samples at once, between 1 and the number of classes.
    Values can be compared only for the same classifier, which has the same hash, and equal numbers of samples.

    Source: Heusel et al. (2017), equation 6; Salimans et al. (2016), section 4.
    """

    def __init__(self, options: ClassifierOptions) -> None:
        self._options = options

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, C, H, W)``; at least two samples in all.
            data: data of images with labels.

        Raises:
            UsageError: the data are not images with labels, or the samples have another shape, or are too few.
            DataError: the data has too few different images.
            GpregError: a sample is not finite.
        """
        options = self._options
        task = whole_images(data, "classifier")
        reference = Reference(data, "classifier", count=options.reference_samples, cache=options.cache)
        classifier = trained_classifier(data, "classifier", task, cache=options.cache)
        generated, score = RunningMoments(), RunningScore()
        for features in classifier.features(generated_images(samples, data, "classifier")):
            generated.add(features)
            score.add(classifier.log_probabilities(features))
        if generated.count < 2:
            raise UsageError(
                f"metric 'classifier' needs at least 2 samples and was given {generated.count}",
                remedy="generate more, with -n; 10000 are usual",
            )
        return MetricResult(
            values={
                "frechet_distance": frechet_distance(generated.moments(), reference.moments(classifier)),
                "score": score.value(),
            },
            provenance={
                "samples": generated.count,
                "reference samples": reference.count,
                "definition": "squared Fréchet distance of Gaussians fitted to the classifier's features; "
                "exp(E KL(p(y|x) || p(y))) over all samples",
                **classifier.provenance,
            },
        )


class RunningScore:
    """``exp(E_x KL(p(y|x) || p(y)))`` of batches that are not kept.

    It equals ``exp(E_x sum_y p(y|x) log p(y|x) - sum_y p(y) log p(y))``, for which two running sums suffice.
    """

    def __init__(self) -> None:
        self._count = 0
        self._p: Tensor = torch.zeros((), dtype=torch.float64)
        self._p_log_p: Tensor = torch.zeros((), dtype=torch.float64)

    def add(self, log_p: Tensor) -> None:
        """Add a batch of logarithms of probabilities, ``(b, K)``, in float64."""
        p = log_p.exp()
        self._count += len(p)
        self._p = self._p + p.sum(dim=0)
        self._p_log_p = self._p_log_p + torch.where(p > 0, p * log_p, 0).sum()

    def value(self) -> float:
        """The score of all samples added, of which there must be at least one."""
        marginal = self._p / self._count
        return math.exp(float(self._p_log_p / self._count - torch.special.xlogy(marginal, marginal).sum()))

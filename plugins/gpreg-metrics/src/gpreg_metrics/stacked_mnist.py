"""Mode coverage on stacked MNIST, with its thousand modes."""

from collections.abc import Iterable

import torch
from torch import Tensor

from gpreg.errors import DataError, UsageError
from gpreg.interfaces import Batch, Data, Metric, MetricResult
from gpreg_metrics.classifier import TrainedClassifier
from gpreg_metrics.classifier_training import Task, trained_classifier
from gpreg_metrics.images import generated_images, real_images
from gpreg_metrics.options import StackedMnistOptions

MODES = 1000

RECOMMENDED = 26_000
"""Number of samples in the protocol of VEEGAN and PacGAN."""


class StackedModes(Metric):
    """Mode coverage on stacked MNIST: three digits are the three channels of an image.

    A classifier of ten digits, trained once on the channels of the data and kept, recognises the digit of each channel;
    the mode is ``100 a + 10 b + c``. A mode is covered if at least ``threshold`` samples are in it. ``kl`` is
    ``sum_k p_k log(p_k / q_k)`` in nats, where p are the modes' shares of the samples, and q those of ``against``.
    Counts depend on the number of samples and the threshold: compare them only for equal ones.

    Source: Metz et al. (2017), section 3.3.1; Srivastava et al. (2017), section 5.2.
    """

    def __init__(self, options: StackedMnistOptions) -> None:
        self._options = options

    def __call__(self, samples: Iterable[Tensor], data: Data) -> MetricResult:
        """Score samples.

        Args:
            samples: batches ``(b, 3, H, W)``.
            data: stacked digits, with labels ``100 a + 10 b + c``.

        Raises:
            UsageError: the data are not stacked digits, the samples are of another shape, or there are none.
            DataError: the samples are compared with the data, which lack one of their modes.
            GpregError: a sample is not finite.
        """
        if data.spec.classes != MODES or len(data.spec.shape) != 3 or data.spec.shape[0] != 3:
            raise UsageError(
                f"metric 'stacked-mnist' scores three digits in three channels, in {MODES} classes; this data has "
                f"samples of shape {data.spec.shape} in {data.spec.classes or 'no'} classes",
                remedy="use the dataset stacked-mnist, or another metric; `gpreg list-metrics` lists them",
            )
        options = self._options
        task = Task(name="channels", shape=(1, *data.spec.shape[1:]), classes=10, examples=channels)
        classifier = trained_classifier(data, "stacked-mnist", task, cache=options.cache)
        counts = torch.zeros(MODES, dtype=torch.int64)
        for images in generated_images(samples, data, "stacked-mnist"):
            counts += torch.bincount(_modes(images, classifier).cpu(), minlength=MODES)
        total = int(counts.sum())
        if not total:
            raise UsageError(
                "metric 'stacked-mnist' was given no samples",
                remedy=f"generate {RECOMMENDED} with -n, as the protocol does",
            )
        return MetricResult(
            values={
                "kl": kl_divergence(counts, self._expected(data)),
                "modes": float((counts >= options.threshold).sum()),
            },
            provenance={
                "samples": total,
                "recommended samples": RECOMMENDED,
                "threshold": options.threshold,
                "covered": f"at least {options.threshold} samples, of {MODES} modes",
                "kl": f"KL(samples || {options.against}) over {MODES} modes, in nats",
                **classifier.provenance,
            },
        )

    def _expected(self, data: Data) -> Tensor:
        if self._options.against == "uniform":
            return torch.ones(MODES, dtype=torch.int64)
        if data.size is None:
            raise UsageError(
                "metric 'stacked-mnist' cannot count the labels of data that are drawn without end",
                remedy="compare with even ones, -S against=uniform",
            )
        counts = torch.zeros(MODES, dtype=torch.int64)
        for _, labels in real_images(data, "stacked-mnist", data.size):
            assert labels is not None
            counts += torch.bincount(labels, minlength=MODES)
        return counts


def channels(batch: Batch) -> Batch:
    """Stacks ``(B, 3, H, W)`` labelled ``100 a + 10 b + c`` as digits ``(3 B, 1, H, W)`` labelled a, b, c."""
    images, labels = batch
    assert labels is not None
    digits = torch.stack([labels // 100, labels // 10 % 10, labels % 10], dim=1)
    return Batch(images.flatten(0, 1).unsqueeze(1), digits.flatten())


def kl_divergence(counts: Tensor, expected: Tensor) -> float:
    """``sum_k p_k log(p_k / q_k)`` in nats, for the shares p of ``counts`` and q of ``expected``, both ``(K,)``.

    Raises:
        DataError: it is infinite, because a mode with samples is not expected at all.
    """
    p, q = (numbers.double() / numbers.sum() for numbers in (counts, expected))
    if missing := int(((p > 0) & (q == 0)).sum()):
        raise DataError(
            f"{missing} modes of the samples are not in the data, so that their KL divergence is infinite",
            remedy="compare with even ones, -S against=uniform, or use data with more triples",
        )
    occupied = p > 0
    return float((p[occupied] * (p[occupied] / q[occupied]).log()).sum())


def _modes(images: Tensor, classifier: TrainedClassifier) -> Tensor:
    digits = classifier.predict(images.flatten(0, 1).unsqueeze(1)).view(-1, 3)
    hundreds, tens, ones = digits.unbind(dim=1)
    return 100 * hundreds + 10 * tens + ones

"""Train a classifier on labelled data, once, and keep it."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from scipy.stats import binomtest
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from gpreg.errors import DataError, UsageError
from gpreg.interfaces import Batch, Data
from gpreg_metrics.cache import Cache, Record
from gpreg_metrics.classifier import ARCHITECTURE, SMALLEST, Classifier, TrainedClassifier, shrink
from gpreg_metrics.fingerprint import fingerprint
from gpreg_metrics.images import BATCH, real_images
from gpreg_metrics.telling import tell_once

_logger = logging.getLogger("gpreg")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How a classifier is trained; a change of any number makes another classifier.

    Attributes:
        read: most samples of the data that are read.
        images: most distinct images among them that are used.
        held_out: share of these images that is used for testing only.
        epochs: most epochs; fewer if ``presentations`` is reached.
        presentations: approximate number of images shown in all epochs together.
        batch_size, learning_rate: parameters of Adam; the rate rises and falls in one cycle.
        seed: seed of initial weights and order.
        significance: level of the test that the accuracy is above chance, see :func:`check_learnt`.
    """

    read: int = 20_000
    images: int = 20_000
    held_out: float = 0.1
    epochs: int = 10
    presentations: int = 40_000
    batch_size: int = 64
    learning_rate: float = 3e-3
    seed: int = 0
    significance: float = 0.01


SCHEDULE = Schedule()
"""The schedule that is used; it takes about half a minute for 28x28 pixels on one core."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A classification task on some data.

    Attributes:
        name: distinguishes tasks on the same data.
        shape: shape of one image.
        classes: number of classes.
        examples: turns a batch of the data, in bytes, into images and their classes.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    examples: Callable[[Batch], Batch] = lambda batch: batch


def whole_images(data: Data, metric: str) -> Task:
    """The task of predicting the data's labels from whole images.

    Raises:
        UsageError: the data has no labels.
    """
    if data.spec.classes is None:
        raise UsageError(
            f"metric {metric!r} trains a classifier on the data's labels, and this data has none",
            remedy="use data with labels, such as digits, or an image folder with -D classes=true, or a metric that "
            "needs none, such as fid",
        )
    return Task(name="images", shape=data.spec.shape, classes=data.spec.classes)


def trained_classifier(data: Data, metric: str, task: Task, *, cache: Path | None) -> TrainedClassifier:
    """The classifier for some data and task, from the cache, or trained on the CPU and put there.

    Raises:
        UsageError: the data are not images, or smaller than 4x4.
        DataError: there are too few distinct images, or all are of one class, or the labels cannot be learnt.
    """
    if min(task.shape[1:], default=0) < SMALLEST:
        raise UsageError(
            f"metric {metric!r} classifies images from {SMALLEST}x{SMALLEST} pixels; this data has samples of shape "
            f"{data.spec.shape}",
            remedy="`gpreg list-metrics` says which samples each metric scores",
        )
    key = {
        "data": fingerprint(data, metric),
        "task": task.name,
        "network": ARCHITECTURE,
        "schedule": asdict(SCHEDULE),
    }
    record = Cache(cache).get("classifier", key, lambda: _train(data, metric, task, SCHEDULE))
    with torch.random.fork_rng(devices=[]):  # the constructor draws initial weights, which are replaced
        network = Classifier(task.shape, task.classes)
    network.load_state_dict(dict(record.tensors))
    sha256 = hashlib.sha256(save(dict(record.tensors))).hexdigest()
    classifier = TrainedClassifier(network=network.eval(), sha256=sha256, **record.facts)
    check_learnt(classifier, metric)
    tell_once(f"metric {metric!r} looks through a classifier that {classifier.record}")
    return classifier


def check_learnt(classifier: TrainedClassifier, metric: str) -> None:
    """Refuse a classifier that is no better than always answering the most frequent class.

    It must classify more of its held-out images correctly than chance explains: if each were correct with the
    probability of the most frequent class, the exact binomial probability of as many correct ones or more must be at
    most :attr:`Schedule.significance`. In other words, the lower confidence bound of its accuracy (Clopper and Pearson,
    1934; here of 99 %) must lie above that class's share.

    Raises:
        DataError: it does not; the message has both numbers.
    """
    test = binomtest(classifier.correct, classifier.held_out_images, classifier.majority, alternative="greater")
    if test.pvalue <= SCHEDULE.significance:
        return
    bound = test.proportion_ci(1 - SCHEDULE.significance).low
    raise DataError(
        f"metric {metric!r} trains a classifier on the data's labels, and they could not be learnt: trained on "
        f"{classifier.training_images} images, it {classifier.record}; at {100 * (1 - SCHEDULE.significance):g} % "
        f"confidence its accuracy is known to be above {100 * bound:.1f} % only",
        remedy="use more images of each class, or labels that can be seen in the images, or a metric without labels, "
        "such as fid",
    )


def _train(data: Data, metric: str, task: Task, schedule: Schedule) -> Record:
    images, labels = _distinct_examples(data, metric, task, schedule)
    held_out = round(len(images) * schedule.held_out)
    if not held_out:
        raise DataError(
            f"metric {metric!r} trains a classifier, and the data has only {len(images)} different images",
            remedy="use some hundreds of different images, or a metric without labels, such as fid",
        )
    majority = int(labels.bincount().max()) / len(labels)
    if majority == 1:
        raise DataError(
            f"metric {metric!r} trains a classifier, and all {len(images)} different images are of one class",
            remedy="use data of at least two classes, or a metric without labels, such as fid",
        )
    _logger.info(
        "training a classifier of %d classes on %d images; it is kept for the next time",
        task.classes,
        len(images) - held_out,
    )
    network = _fit(images[held_out:], labels[held_out:], task, schedule).eval()
    with torch.no_grad():
        guesses = torch.cat([network(part).argmax(dim=1) for part in torch.split(images[:held_out], BATCH)])
    return Record(
        tensors={name: value.contiguous() for name, value in network.state_dict().items()},
        facts={
            "correct": int((guesses == labels[:held_out]).sum()),
            "majority": majority,
            "training_images": len(images) - held_out,
            "held_out_images": held_out,
            "classes": task.classes,
        },
    )


@torch.enable_grad()
def _fit(images: Tensor, labels: Tensor, task: Task, schedule: Schedule) -> Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(schedule.seed)  # torch.manual_seed would seed GPUs as well
        network = Classifier(task.shape, task.classes)
    rng = torch.Generator().manual_seed(schedule.seed)
    epochs = max(1, min(schedule.epochs, round(schedule.presentations / len(images))))
    steps = -(-len(images) // schedule.batch_size)
    optimizer = Adam(network.parameters())
    rate = OneCycleLR(optimizer, schedule.learning_rate, total_steps=epochs * steps)
    for epoch in range(1, epochs + 1):
        total = torch.zeros(())
        for chosen in torch.split(torch.randperm(len(images), generator=rng), schedule.batch_size):
            loss = cross_entropy(network(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            rate.step()
            total += loss.detach()
        _logger.info("classifier: epoch %d of %d, cross-entropy %.3f", epoch, epochs, float(total) / steps)
    return network


def _distinct_examples(data: Data, metric: str, task: Task, schedule: Schedule) -> tuple[Tensor, Tensor]:
    """The distinct images, where mirror images count as equal, so that none is used for both training and testing.

    Images repeat: stacks share their digits, datasets contain copies, and mirrored data has each image twice.
    """
    known: set[bytes] = set()
    images, labels = [], []
    for batch in real_images(data, metric, min(schedule.read, data.size or schedule.read)):
        examples = task.examples(batch)
        assert examples.labels is not None
        small = shrink(examples.samples)
        new = torch.tensor([_first_time(image, known) for image in small])
        images.append(small[new])
        labels.append(examples.labels[new])
        if len(known) >= schedule.images:
            break
    return torch.cat(images)[: schedule.images], torch.cat(labels)[: schedule.images]


def _first_time(image: Tensor, known: set[bytes]) -> bool:
    content = min(side.numpy().tobytes() for side in (image, image.flip(-1)))
    digest = hashlib.blake2b(content, digest_size=16).digest()
    if digest in known:
        return False
    known.add(digest)
    return True

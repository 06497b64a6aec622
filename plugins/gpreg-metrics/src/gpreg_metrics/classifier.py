"""A small convolutional classifier, and a trained one with its accuracy."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

ARCHITECTURE = "conv32-conv64-linear128"
"""The name of the architecture, to be changed with it, so that cached weights of another one are not used."""

FEATURES = 128
"""Width of the layer before the last, whose outputs are the features."""

LARGEST, SMALLEST = 32, 4
"""Sides of images in pixels: larger images are averaged down to ``LARGEST``; below ``SMALLEST`` none can be pooled
twice."""


class Classifier(nn.Module):
    """Two convolutions with ReLU and max pooling, then two linear layers: ``(B, C, H, W)`` of uint8 to ``(B, K)``.

    Args:
        shape: shape of one image, with sides of at least :data:`SMALLEST`.
        classes: number K of classes.
    """

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        channels, *sides = shape
        height, width = (min(side, LARGEST) // 4 for side in sides)
        self.body = nn.Sequential(
            nn.Conv2d(channels, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * height * width, FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(FEATURES, classes)
        self.to(memory_format=torch.channels_last)  # faster for few channels on a CPU

    def penultimate(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)`` of uint8 to features ``(B, 128)``, which are at least 0."""
        features: Tensor = self.body(shrink(images).to(torch.float32) / 127.5 - 1)
        return features

    def forward(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)`` of uint8 to logits ``(B, K)``."""
        logits: Tensor = self.head(self.penultimate(images))
        return logits


@dataclass(frozen=True, kw_only=True)
class TrainedClassifier:
    """A trained classifier with its accuracy; an extractor for :class:`gpreg_metrics.reference.Reference`.

    Attributes:
        network: the network, in evaluation mode.
        sha256: hash of its weights.
        correct: number of held-out images that it classifies correctly.
        majority: share of the most frequent class among all images, in [0, 1].
        training_images, held_out_images: numbers of images.
        classes: number of classes.
    """

    network: Classifier
    sha256: str
    correct: int
    majority: float
    training_images: int
    held_out_images: int
    classes: int

    @property
    def accuracy(self) -> float:
        """The accuracy on held-out images, in [0, 1]."""
        return self.correct / self.held_out_images

    @property
    def record(self) -> str:
        """The classifier's accuracy in words, as the end of a sentence."""
        return (
            f"is right about {100 * self.accuracy:.1f} % of {self.held_out_images} held-out images, of {self.classes} "
            f"classes; the most frequent one alone is {100 * self.majority:.1f} %"
        )

    @property
    def identity(self) -> str:
        """The network and the SHA-256 of its weights."""
        return f"{ARCHITECTURE}:{self.sha256}"

    @property
    def device(self) -> torch.device:
        """The device of the network, which is that of the last images."""
        return self.network.head.weight.device

    @property
    def provenance(self) -> dict[str, Any]:
        """The classifier's identity and accuracy, and the version of PyTorch."""
        return {
            "extractor": f"classifier {ARCHITECTURE}, trained on the data",
            "classifier sha256": self.sha256,
            "classes": self.classes,
            "held-out accuracy": self.accuracy,
            "most frequent class": self.majority,
            "training images": self.training_images,
            "held-out images": self.held_out_images,
            "torch": torch.__version__,
        }

    def features(self, images: Iterable[Tensor]) -> Iterator[Tensor]:
        """Batches ``(b, C, H, W)`` of uint8 to batches ``(b, 128)``; the network is moved to the images' device."""
        for batch in images:
            with torch.no_grad():
                features = self.network.to(batch.device).penultimate(batch)
            yield features

    def log_probabilities(self, features: Tensor) -> Tensor:
        """``(b, 128)`` to the logarithms of ``p(y|x)``, ``(b, K)``, in float64 on the CPU."""
        with torch.no_grad():
            logits: Tensor = self.network.head(features)
        return logits.cpu().double().log_softmax(dim=1)

    def predict(self, images: Tensor) -> Tensor:
        """The likeliest classes, ``(b,)`` of int64, of images ``(b, C, H, W)`` of uint8, on the images' device."""
        with torch.no_grad():
            logits: Tensor = self.network.to(images.device)(images)
        return logits.argmax(dim=1)


def shrink(images: Tensor) -> Tensor:
    """Average images ``(B, C, H, W)`` of uint8 down to sides of at most :data:`LARGEST`."""
    height, width = images.shape[-2:]
    if max(height, width) <= LARGEST:
        return images
    small = adaptive_avg_pool2d(images.to(torch.float32), (min(height, LARGEST), min(width, LARGEST)))
    return small.round_().to(torch.uint8)

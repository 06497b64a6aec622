"""A small convolutional classifier, and what is known of a trained one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

ARCHITECTURE = "conv32-conv64-linear128"
"""Its name, which changes with it: kept weights of another one do not fit."""

FEATURES = 128
"""Width of the layer before the last."""

LARGEST, SMALLEST = 32, 4
"""Sides in pixels: larger images are averaged down to the first, smaller than the second cannot be pooled twice."""


class Classifier(nn.Module):
    """Two convolutions with ReLU and max pooling, then two linear layers: ``(B, C, H, W)`` of uint8 to ``(B, K)``.

    Args:
        shape: of one image, sides from :data:`SMALLEST`.
        classes: K.
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
        self.to(memory_format=torch.channels_last)  # the faster one for few channels on a CPU

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
    """A classifier with its history; an extractor of features for :class:`gpreg_metrics.reference.Reference`.

    Attributes:
        network: in evaluation mode.
        sha256: of its weights.
        correct: held-out images that it is right about.
        majority: share of the most frequent class among all images, in [0, 1].
        training_images, held_out_images: how many.
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
        """Of held-out images, in [0, 1]."""
        return self.correct / self.held_out_images

    @property
    def record(self) -> str:
        """How good it is, as the end of a sentence."""
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
        """Where the network is: where the last images were."""
        return self.network.head.weight.device

    @property
    def provenance(self) -> dict[str, Any]:
        """Which classifier, how good it is, and which version of PyTorch ran it."""
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
        """Batches ``(b, C, H, W)`` of uint8 to batches ``(b, 128)``; the network follows them to their device."""
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
        """``(b, C, H, W)`` of uint8 to the likeliest class, ``(b,)`` of int64, on the images' device."""
        with torch.no_grad():
            logits: Tensor = self.network.to(images.device)(images)
        return logits.argmax(dim=1)


def shrink(images: Tensor) -> Tensor:
    """``(B, C, H, W)`` of uint8 to the same with sides of at most :data:`LARGEST`, by averaging areas."""
    height, width = images.shape[-2:]
    if max(height, width) <= LARGEST:
        return images
    small = adaptive_avg_pool2d(images.to(torch.float32), (min(height, LARGEST), min(width, LARGEST)))
    return small.round_().to(torch.uint8)

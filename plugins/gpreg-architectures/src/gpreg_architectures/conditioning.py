"""How labels enter a generator and a critic."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gpreg.errors import UsageError


def matched_labels(labels: Tensor | None, samples: Tensor, classes: int | None) -> Tensor | None:
    """Check that a network can use the labels that it is given, and return them.

    Args:
        labels: ``(B,)`` of int64, or ``None``.
        samples: ``(B, ...)``, the samples or codes to which the labels belong.
        classes: number of classes that the network was built for; ``None`` for an unconditional one.

    Raises:
        UsageError: an unconditional network is given labels, a conditional one is given none, or there are more or
            fewer labels than samples.
    """
    if classes is None and labels is not None:
        raise UsageError("labels were given to a network that was built without classes", remedy="leave the labels out")
    if classes is not None and labels is None:
        raise UsageError(
            f"the network was built for {classes} classes and needs labels",
            remedy="pass labels of shape (B,), int64, as the second argument",
        )
    if labels is not None and labels.shape != samples.shape[:1]:
        raise UsageError(
            f"labels have shape {tuple(labels.shape)}; for {len(samples)} samples it must be ({len(samples)},)"
        )
    return labels


class LabelledCode(nn.Module):
    """The latent code z followed by the label's embedding e_y, of length 1: ``(z, e_y / |e_y|)``.

    Without classes it is the code alone; or with ``one_class`` a code with the embedding of a single class, to which
    all samples belong, because the reference code has no networks without labels. Source: reference code of Mescheder,
    Geiger and Nowozin (2018).

    Args:
        latent_dim, embedding_dim: dimensions of z and e_y.
        classes: number of labels, or ``None``.
        one_class: without classes, embed a single class.

    Attributes:
        latent_dim: dimension of z.
        features: dimension of the output.
    """

    def __init__(self, latent_dim: int, embedding_dim: int, classes: int | None, *, one_class: bool = False) -> None:
        super().__init__()
        self.latent_dim, self.classes = latent_dim, classes
        embedded = 1 if classes is None and one_class else classes
        self.embedding = None if embedded is None else nn.Embedding(embedded, embedding_dim)
        self.features = latent_dim if embedded is None else latent_dim + embedding_dim

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, z) [, (B,)] -> (B, features)``."""
        labels = matched_labels(labels, z, self.classes)
        if self.embedding is None:
            return z
        embedded = self.embedding.weight.expand(len(z), -1) if labels is None else self.embedding(labels)
        return torch.cat([z, F.normalize(embedded, dim=1)], dim=1)


class ClassOutput(nn.Module):
    """The last layer of a critic: one linear output for each class, of which the label selects one.

    ``D(x, y) = <w_y, h(x)> + b_y``; without classes there is one output. Source: reference code of Mescheder, Geiger
    and Nowozin (2018).

    Args:
        linear: ``(B, h) -> (B, classes)``, or ``(B, 1)`` without classes.
        classes: number of labels, or ``None``.
    """

    def __init__(self, linear: nn.Linear, classes: int | None) -> None:
        super().__init__()
        self.classes = classes
        self.linear = linear

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, h) [, (B,)] -> (B,)``."""
        labels = matched_labels(labels, features, self.classes)
        outputs: Tensor = self.linear(features)
        return outputs.squeeze(1) if labels is None else outputs.gather(1, labels.unsqueeze(1)).squeeze(1)

"""The law of the labels that samples are generated for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class LabelLaw:
    """A law on the labels 0, ..., classes - 1.

    Attributes:
        classes: number of labels.
        weights: weight of each label, a whole number such as a count of samples; ``None``: all are equally likely.
    """

    classes: int
    weights: tuple[int, ...] | None = None

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw ``(n,)`` labels in int64 on the device of ``rng``, using no other random numbers."""
        if self.weights is None:
            return torch.randint(self.classes, (n,), generator=rng, device=rng.device)
        ends = torch.tensor(self.weights, device=rng.device).cumsum(0)
        places = torch.randint(sum(self.weights), (n,), generator=rng, device=rng.device)
        return torch.searchsorted(ends, places, right=True)  # the label at this place of data sorted by label

    def only(self, labels: Iterable[int]) -> "LabelLaw":
        """The law conditioned on some labels; if all of them have weight 0, they become equally likely."""
        kept = set(labels)
        before = self.weights or (1,) * self.classes
        weights = tuple(weight if label in kept else 0 for label, weight in enumerate(before))
        if not any(weights):
            weights = tuple(int(label in kept) for label in range(self.classes))
        return replace(self, weights=weights)


def label_law(recipe: Recipe, classes: int | None, counts: tuple[int, ...] | None) -> LabelLaw | None:
    """The law of the labels of generated samples, by the recipe's ``training.fake_labels``.

    Args:
        recipe: a complete recipe.
        classes: number of classes that the networks see; ``None``: they see no labels, and there is no law.
        counts: number of samples of each label in the data; ``None``: unknown. With ``"batch"``, labels follow the real
            batch; outside of training they then follow ``counts``, or are uniform if these are unknown.

    Raises:
        UsageError: the labels are to have the data's frequencies, which are unknown.
    """
    if classes is None:
        return None
    if recipe.training.fake_labels == "uniform" or (recipe.training.fake_labels == "batch" and counts is None):
        return LabelLaw(classes=classes)
    if counts is None:
        raise UsageError(
            "training.fake_labels = 'frequency' needs to know how many samples each class has, and dataset "
            f"{recipe.dataset.name!r} does not say",
            remedy="choose --set training.fake_labels=batch, which takes the labels of real samples, or uniform",
        )
    return LabelLaw(classes=classes, weights=counts)

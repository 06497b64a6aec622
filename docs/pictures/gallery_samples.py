"""Draw the gallery's samples: what lies in a dataset, and what an augmentation makes of it.

Of Debian's packages, the dataset ``emoji`` needs ``fonts-noto-color-emoji``, and ``fashion-mnist``
``dataset-fashion-mnist``.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from measures import FAKE, REAL

from gpreg import load_registry
from gpreg.interfaces import Opening
from gpreg.pictures import grid, rows, to_unit
from gpreg.registry.kinds import AUGMENTATION, DATASET

RANGE = (-1.0, 1.0)
SIZE = 64

AUGMENTED: Mapping[str, dict[str, Any]] = {"ada": {"p": 0.8}, "noise": {"sigma": 0.2}}
"""Options with which an augmentation is drawn, if its defaults would show little."""


def augmented(name: str) -> np.ndarray:
    """Emoji as they are, and three draws of what the critic sees."""
    data = load_registry().build(DATASET, "emoji", {"size": SIZE}).open(Opening(value_range=RANGE))
    emoji = data.take(7, rng=torch.Generator().manual_seed(4)).samples
    options = AUGMENTED.get(name, {})
    augmentation = load_registry().build(AUGMENTATION, name, options)
    augmentation.prepare(data.spec)
    rng = torch.Generator().manual_seed(2)
    draws = [emoji, *(augmentation(emoji, rng) for _ in range(3))]
    caption = ", ".join(f"{key}={value}" for key, value in options.items())
    return rows([to_unit(row, RANGE) for row in draws], ["x", "T(x)", "T(x)", "T(x)"], caption=caption)


def images(name: str) -> np.ndarray:
    """Images of a dataset."""
    options = {"size": SIZE} if name == "emoji" else {}
    data = load_registry().build(DATASET, name, options).open(Opening(value_range=RANGE))
    return grid(to_unit(data.take(32, rng=torch.Generator().manual_seed(3)).samples, RANGE), 8)


def points(name: str, empty: Callable[[float, float], tuple[Figure, Any]]) -> Figure:
    """Points of a dataset in the plane, and of the fake samples that go with it, if some do."""
    source = load_registry().build(DATASET, name)
    figure, axes = empty(3.2, 3.2)
    laws = [("real", REAL, source)]
    if hasattr(source, "opponent"):
        laws.append(("fake", FAKE, source.opponent()))
    for label, colour, law in laws:
        data = law.open(Opening())
        x, y = data.take(data.size or 1500, rng=torch.Generator().manual_seed(0)).samples.T
        axes.scatter(x, y, s=4, color=colour, alpha=0.6, linewidths=0, label=label)
    axes.set_aspect("equal", adjustable="datalim")
    if len(laws) > 1:
        axes.legend(frameon=False, fontsize=8, markerscale=2)
    return figure

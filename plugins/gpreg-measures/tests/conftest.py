from collections.abc import Callable
from typing import Any

import pytest
import torch

from gpreg import load_registry
from gpreg.interfaces import PenaltyBatch, PenaltySample


@pytest.fixture
def draw() -> Callable[..., PenaltySample]:
    """Draw from a registered measure: draw(name, options, **batch) with a fresh random state each time."""

    def run(name: str, options: Any = None, seed: int = 0, **batch: Any) -> PenaltySample:
        measure = load_registry().build("measure", name, options)
        material = PenaltyBatch(rng=torch.Generator().manual_seed(seed), **batch)
        measure.prepare(material)
        with torch.no_grad():
            return measure.sample(material)

    return run


@pytest.fixture(params=[(2,), (1, 4, 4), (3, 4, 4), (4, 2, 3)], ids=str)
def pair(request) -> tuple[torch.Tensor, torch.Tensor]:
    """Real and fake samples (2000, *x) in float64."""
    rng = torch.Generator().manual_seed(5)
    real, fake = torch.randn(2, 2000, *request.param, generator=rng, dtype=torch.float64)
    return real + 3, fake

from collections import Counter

import pytest
import torch
from torch import nn

from gpreg.interfaces import Generator
from gpreg.recipe import load, override, resolve
from gpreg.runs.plan import Supply
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures


class Recording(Generator):
    """Code z becomes the sample 2 z, or 2 z + label; notes the sizes of its batches and the modes that it was in."""

    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.norm, self.frozen = nn.BatchNorm1d(2), nn.Dropout().eval()
        self.sizes, self.modes, self.labels = [], Counter(), []

    def forward(self, z, labels=None):
        self.sizes.append(len(z))
        self.modes[self.training, self.norm.training, self.frozen.training] += 1
        if labels is not None:
            self.labels.append(labels)
            return 2 * z + labels[:, None]
        return 2 * z


@pytest.fixture
def generator():
    return Recording()


PLANE = {
    "architecture": {"width": 16},
    "training.batch_size": 16,
    "training.steps": 12,
    "compute.device": "cpu",
    "report.tick": 2,
    "report.picture_ticks": 0,
    "report.checkpoint_ticks": 0,
    "report.score_ticks": 2,
    "report.score_samples": 50,
    "report.gap_samples": 0,
    "report.check_samples": 0,
    "average.halflife_kimg": 0.1,
    "metrics": [{"name": "wasserstein", "n": 40}],
}


@pytest.fixture(scope="session")
def run(registry, tmp_path_factory):
    """A run in the plane, scored now and then; tests that change it work on a copy."""
    recipe = resolve(override(load("plane", registry), PLANE, registry)[0], registry)
    path = tmp_path_factory.mktemp("evaluation") / "run"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SamplePictures, "draw", lambda self, step: iter(()))
        return start(Supply(registry=registry).plan(recipe), path)


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)

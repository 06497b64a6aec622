import io

import numpy as np
import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from gpreg.errors import DataError
from gpreg.interfaces import Batch, BatchStream, Data, SampleSpec
from gpreg_metrics.inception import Inception
from gpreg_metrics.telling import tell_once


class Cloud(Data):
    """A finite cloud of points, with the modes that it is said to come from."""

    def __init__(self, points, modes=None):
        self.points, self.modes = points, modes
        self.spec = SampleSpec(shape=tuple(points.shape[1:]))
        self.size = len(points)

    def stream(self, batch_size, *, seed, device="cpu", rank=0, ranks=1):
        raise AssertionError("a metric draws with take()")

    def take(self, n, *, rng):
        if n > self.size:
            raise DataError(f"{n} points are asked for and there are {self.size}")
        order = self.points.new_empty(self.size).uniform_(generator=rng).argsort()
        return Batch(self.points[order[:n]], None)


class Pictures(Data):
    """Images given as bytes, with labels or without, in any value range; ``endless``: of unknown size."""

    def __init__(self, pixels, labels=None, *, classes=None, value_range=(-1.0, 1.0), endless=False):
        self.pixels, self.labels = pixels, labels
        self.spec = SampleSpec(shape=tuple(pixels.shape[1:]), value_range=value_range, classes=classes)
        self.size = None if endless else len(pixels)
        self.reads = 0

    def scaled(self, chosen=slice(None)):
        low, high = self.spec.value_range
        return low + (high - low) * (self.pixels[chosen].float() / 255)

    def stream(self, batch_size, *, seed, device="cpu", rank=0, ranks=1):
        if self.size is not None and batch_size > self.size:
            raise DataError("fewer samples than one batch")
        self.reads += 1
        return Shuffled(self, batch_size, torch.Generator().manual_seed(seed))

    def take(self, n, *, rng):
        raise AssertionError("a metric of images streams")


class Shuffled(BatchStream):
    def __init__(self, pictures, batch_size, rng):
        self.pictures, self.batch_size, self.rng, self.order = (
            pictures,
            batch_size,
            rng,
            torch.empty(0, dtype=torch.long),
        )

    def __next__(self):
        if len(self.order) < self.batch_size:
            self.order = torch.cat([self.order, torch.randperm(len(self.pictures.pixels), generator=self.rng)])
        chosen, self.order = self.order[: self.batch_size], self.order[self.batch_size :]
        labels = self.pictures.labels
        return Batch(self.pictures.scaled(chosen), None if labels is None else labels[chosen])

    def state_dict(self):
        raise NotImplementedError

    def load_state_dict(self, state):
        raise NotImplementedError


class Bars(torch.nn.Module):
    """A quick stand-in for Inception: a fixed random map of the pixels, to any width."""

    def __init__(self, shape, features):
        super().__init__()
        rng = torch.Generator().manual_seed(0)
        weights = torch.randn(features, 3 * shape[1] * shape[2], generator=rng)
        self.fc = torch.nn.Module()  # Inception's name for its last layer
        self.fc.weight = torch.nn.Parameter(weights / weights.shape[1] ** 0.5, requires_grad=False)

    def forward(self, images):
        assert images.dtype == torch.uint8
        return ((images.float() / 64 - 2).flatten(1) @ self.fc.weight.T,)


@pytest.fixture(scope="session")
def cloud():
    return Cloud


@pytest.fixture(scope="session")
def pictures():
    return Pictures


@pytest.fixture
def random_pictures(pictures):
    """``n`` images of random bytes."""

    def make(n, shape=(3, 8, 8), *, seed=0, **settings):
        rng = torch.Generator().manual_seed(seed)
        return pictures(torch.randint(256, (n, *shape), generator=rng, dtype=torch.uint8), **settings)

    return make


@pytest.fixture(scope="session")
def patterns(pictures):
    """``n`` noisy copies of ten fixed patterns, which any classifier tells apart, labelled 0 to 9 in turn."""

    def make(n, shape=(1, 8, 8), *, seed=0, **settings):
        prototypes = torch.randint(2, (10, *shape), generator=torch.Generator().manual_seed(99)) * 150 + 30
        rng = torch.Generator().manual_seed(seed)
        labels = torch.arange(n) % 10
        noise = torch.randint(-25, 26, (n, *shape), generator=rng)
        return pictures((prototypes[labels] + noise).to(torch.uint8), labels, **({"classes": 10} | settings))

    return make


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A file like the one that torch-fidelity publishes, with random weights that keep signals alive."""

    class Untrained(FeatureExtractorInceptionV3):
        def load_state_dict(self, state):
            assert state == {}

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        network = Untrained("inception-v3-compat", ["2048"], feature_extractor_weights_path=nothing)
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture
def quick_inception(monkeypatch):
    """Every Inception is a random linear map for images of this shape instead."""

    def replace(shape=(3, 8, 8), features=16):
        monkeypatch.setattr(Inception, "_loaded", (Bars(shape, features), "a hash"))

    return replace


@pytest.fixture(autouse=True)
def _nothing_of_the_users(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GPREG_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("GPREG_WEIGHTS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))


@pytest.fixture(autouse=True)
def _nothing_was_told_before():
    tell_once.cache_clear()


@pytest.fixture(autouse=True)
def _global_random_states_stay_untouched():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    yield
    assert torch.equal(torch.get_rng_state(), torch_state)
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)

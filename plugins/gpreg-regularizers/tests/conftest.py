"""Batches for terms, of a critic and a generator whose values are known in closed form, in float64."""

import pytest
import torch
from torch import nn

from gpreg import load_registry
from gpreg.interfaces import TermBatch


class LinearGenerator(nn.Module):
    """``G(z) = z A``, reshaped; labels, if there are any, are added."""

    def __init__(self, latent, shape, seed=3):
        super().__init__()
        rng = torch.Generator().manual_seed(seed)
        self.shape = shape
        self.matrix = nn.Parameter(torch.randn(latent, torch.Size(shape).numel(), generator=rng, dtype=torch.float64))

    def forward(self, z, labels=None):
        x = (z @ self.matrix).view(-1, *self.shape)
        return x if labels is None else x + labels.view(-1, *[1] * len(self.shape))


@pytest.fixture
def linear_generator():
    return LinearGenerator


@pytest.fixture
def draw():
    """Standard normal numbers in float64."""

    def numbers(*shape, seed=0):
        return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    return numbers


@pytest.fixture
def made():
    """A term, that of one player if there are two, in float64."""

    def make(name, of=None, **options):
        built = load_registry().build("regularizer", name, options)
        (term,) = built.terms.values() if of is None else (built.terms[of],)
        return term.double()

    return make


@pytest.fixture
def batch():
    """A term's batch; what is not given is not there."""

    def make(critic=None, generator=None, *, seed=0, step=0, **given):
        material = {
            name: given.pop(name, None)
            for name in ("real", "fake", "latent", "labels", "fake_labels", "d_real", "d_fake")
        }
        for output, x, y in (("d_real", "real", "labels"), ("d_fake", "fake", "fake_labels")):
            if material[output] is None and material[x] is not None and critic is not None:
                material[output] = critic(material[x], material[y])
        rng = torch.Generator().manual_seed(seed)
        return TermBatch(step=step, critic=critic, generator=generator, rng=rng, **material, **given)

    return make

"""The global random states, which nothing but the user's own code may use or change."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from gpreg.testing.checks import expect


@contextmanager
def global_randomness(seed: int) -> Iterator[None]:
    """Seed the global random states of torch, numpy and Python for a block, and expect that it leaves them alone.

    Afterwards they are what they were before, so that a check changes nothing for the tests around it.

    >>> with global_randomness(0):
    ...     torch.rand(3)
    Traceback (most recent call last):
    AssertionError: moves torch's global random state

    Raises:
        AssertionError: the block moves one of them.
    """
    before = torch.get_rng_state(), np.random.get_state(legacy=False), random.getstate()
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    seeded = torch.get_rng_state(), np.random.get_state(legacy=False)["state"], random.getstate()
    try:
        yield
        expect(torch.equal(torch.get_rng_state(), seeded[0]), "moves torch's global random state")
        state = np.random.get_state(legacy=False)["state"]
        same = state["pos"] == seeded[1]["pos"] and np.array_equal(state["key"], seeded[1]["key"])
        expect(same, "moves numpy's global random state")
        expect(random.getstate() == seeded[2], "moves Python's global random state")
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])

"""The global random states: seeded before a call, watched during it, and given back after an examination."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
import torch

_SEED_TORCH, _SEED_NUMPY, _SEED_PYTHON = torch.manual_seed, np.random.seed, random.seed
_RESEED_TORCH = torch.seed


def seed_all(seed: int) -> None:
    """Seed torch's, numpy's and Python's global states."""
    torch.default_generator.manual_seed(seed)  # torch.manual_seed looks for devices too, which takes a millisecond
    _SEED_NUMPY(seed)
    _SEED_PYTHON(seed)


@contextmanager
def restored() -> Iterator[None]:
    """Give all global states back as they were."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])


class Chance:
    """What one call does to the global states. Seeding has no effect inside, so that the draws are those of the caller.

    Attributes:
        seeded: the calls that seed a global state, such as ``"torch.manual_seed(0)"``.
        drew: the states other than torch's that were drawn from: ``"numpy"``, ``"python"``.

    >>> with Chance() as chance:
    ...     _ = random.random()
    >>> chance.drew
    ('python',)
    """

    def __init__(self) -> None:
        self.seeded: tuple[str, ...] = ()
        self.drew: tuple[str, ...] = ()

    def __enter__(self) -> "Chance":
        self._numpy, self._python = _numpy_state(), random.getstate()

        def recording(name: str, result: Any) -> Any:
            def seed(*given: Any, **_: Any) -> Any:
                self.seeded = (*self.seeded, f"{name}({', '.join(map(str, given))})")
                return result

            return seed

        torch.manual_seed = torch.random.manual_seed = recording("torch.manual_seed", torch.default_generator)
        torch.seed = torch.random.seed = recording("torch.seed", 0)
        np.random.seed = recording("np.random.seed", None)
        random.seed = recording("random.seed", None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        torch.manual_seed = torch.random.manual_seed = _SEED_TORCH
        torch.seed = torch.random.seed = _RESEED_TORCH
        np.random.seed, random.seed = _SEED_NUMPY, _SEED_PYTHON
        numpy, python = _numpy_state() != self._numpy, random.getstate() != self._python
        self.drew = ("numpy",) * numpy + ("python",) * python


def _numpy_state() -> tuple[bytes, int]:
    state: Any = np.random.get_state()
    return state[1].tobytes(), state[2]

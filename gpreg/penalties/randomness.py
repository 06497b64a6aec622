"""The random numbers of a penalty."""

from typing import Any

import torch
from torch import Tensor


class Randomness:
    """A random generator on the device where it is wanted. It can be pickled and copied; a copy continues alike.

    Args:
        seed: its seed; by default torch's initial seed when it is first used.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._rng: torch.Generator | None = None

    def on(self, device: torch.device) -> torch.Generator:
        """The generator; one on another device of the same type continues where the last one was."""
        if self._rng is None or self._rng.device != device:
            before, self._rng = self._rng, torch.Generator(device)
            if before is not None and before.device.type == device.type:
                self._rng.set_state(before.get_state())
            else:
                self._rng.manual_seed(torch.initial_seed() if self.seed is None else self.seed)
        return self._rng

    def state(self) -> dict[str, Any] | None:
        """Device and state of the generator; ``None`` before its first use."""
        return None if self._rng is None else {"device": str(self._rng.device), "state": self._rng.get_state()}

    def restore(self, state: dict[str, Any] | None) -> None:
        """Continue from a state; ``None`` changes nothing."""
        if state is not None:
            self._rng = torch.Generator(state["device"])
            self._rng.set_state(state["state"].cpu())

    def __getstate__(self) -> tuple[int | None, dict[str, Any] | None]:
        return self.seed, self.state()  # torch cannot pickle a generator itself

    def __setstate__(self, state: tuple[int | None, dict[str, Any] | None]) -> None:
        self.seed, self._rng = state[0], None
        self.restore(state[1])


def normal(points: Tensor, rng: torch.Generator) -> Tensor:
    """Standard normal vectors, one for each point, ``(N, *x)``."""
    return torch.randn(points.shape, generator=rng, device=points.device, dtype=points.dtype)

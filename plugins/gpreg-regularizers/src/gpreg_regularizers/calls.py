"""Call the networks of a term's batch."""

from typing import Any

from torch import Tensor

from gpreg.critics.calls import critic_outputs
from gpreg.penalties.autocast import at_least_float32


def judged(critic: Any, samples: Tensor, labels: Tensor | None) -> Tensor:
    """The critic's outputs, ``(B, *x) [, (B,)] -> (B,)``, in float32 or better, as ``d_real`` and ``d_fake`` are."""
    return at_least_float32(critic_outputs(critic, samples, labels))


def generated(generator: Any, codes: Tensor, labels: Tensor | None) -> Tensor:
    """Samples of codes, ``(B, z) [, (B,)] -> (B, *x)``."""
    samples: Tensor = generator(codes) if labels is None else generator(codes, labels)
    return samples

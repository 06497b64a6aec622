"""Make random generators from keys, so that torch's and NumPy's global states are not touched."""

import numpy as np
import torch


def keyed_generator(*key: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A fresh generator whose seed is a hash of ``key``.

    Neighbouring keys, such as the epochs of one seed, give unrelated generators (NumPy's ``SeedSequence``).
    """
    entropy = [part % 2**64 for part in key]
    seed = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])
    return torch.Generator(device=device).manual_seed(seed)

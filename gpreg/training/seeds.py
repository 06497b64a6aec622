"""Derive independent random generators for each purpose of a run from its seed."""

import hashlib

import torch


def seed_for(seed: int, purpose: str, rank: int = 0) -> int:
    """A seed in [0, 2^63) that differs for each purpose and process, the same on every machine."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{rank}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator_for(seed: int, purpose: str, device: torch.device | str = "cpu", rank: int = 0) -> torch.Generator:
    """A random generator for one purpose, independent of the others."""
    return torch.Generator(device).manual_seed(seed_for(seed, purpose, rank))

from itertools import product

import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.training.seeds import generator_for, seed_for


@given(seed=st.integers(0, 2**64), purpose=st.text(), rank=st.integers(0, 1000))
def test_seeds_are_what_torch_takes(seed, purpose, rank):
    found = seed_for(seed, purpose, rank)
    assert 0 <= found < 2**63
    assert torch.Generator().manual_seed(found).initial_seed() == found


def test_every_purpose_and_process_has_numbers_of_its_own():
    seeds = [seed_for(*key) for key in product(range(20), ("networks", "data", "latents"), range(20))]
    assert len(set(seeds)) == len(seeds)


def test_a_seed_means_the_same_for_ever():
    assert seed_for(0, "networks") == 9210789576890205545
    assert seed_for(7, "data", 3) == 6975685844921256464


def test_random_numbers_are_those_of_the_seed():
    drawn = [torch.rand(3, generator=generator_for(seed, "latents")) for seed in (7, 7, 8)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])

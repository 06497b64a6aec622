import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.data.order import ShuffledOrder
from gpreg.errors import DataError

sizes = st.integers(1, 60)


@settings(deadline=None)
@given(st.data(), st.integers(-(2**63), 2**64), st.integers(1, 4))
def test_each_epoch_is_a_permutation_however_it_is_cut_into_batches_and_ranks(data, seed, ranks):
    size = data.draw(st.integers(ranks, 60))
    batch_size = data.draw(st.integers(1, size // ranks))
    orders = [ShuffledOrder(size, batch_size, seed=seed, rank=rank, ranks=ranks) for rank in range(ranks)]
    seen = torch.cat([next(order) for _ in range(3 * size // (ranks * batch_size) + 1) for order in orders])
    for epoch in seen[: 3 * size].split(size):
        assert epoch.sort().values.tolist() == list(range(size))


@settings(deadline=None)
@given(st.data())
def test_ranks_together_are_one_process_with_the_whole_batch(data):
    ranks = data.draw(st.integers(1, 4))
    batch_size = data.draw(st.integers(1, 10))
    size = data.draw(st.integers(ranks * batch_size, 60))
    alone = ShuffledOrder(size, ranks * batch_size, seed=3)
    together = [ShuffledOrder(size, batch_size, seed=3, rank=rank, ranks=ranks) for rank in range(ranks)]
    for _ in range(12):
        assert torch.equal(next(alone), torch.cat([next(order) for order in together]))


@settings(deadline=None)
@given(size=sizes, steps=st.integers(0, 25), data=st.data())
def test_state_continues_anywhere_and_takes_the_seed_over(size, steps, data):
    batch_size = data.draw(st.integers(1, size))
    order = ShuffledOrder(size, batch_size, seed=1)
    for _ in range(steps):
        next(order)
    state = order.state_dict()
    other = ShuffledOrder(size, batch_size, seed=2)
    next(other)
    other.load_state_dict(state)
    assert state == {
        "seed": 1,
        "size": size,
        "epoch": steps * batch_size // size,
        "position": steps * batch_size % size,
    }
    assert all(torch.equal(next(order), next(other)) for _ in range(5))


def test_epochs_and_seeds_differ():
    orders = [ShuffledOrder(50, 50, seed=seed) for seed in (0, 1)]
    epochs = [next(order).tolist() for order in orders for _ in range(3)]
    assert len({tuple(epoch) for epoch in epochs}) == 6


def test_looking_ahead_does_not_move():
    order = ShuffledOrder(10, 4, seed=0)
    next(order)
    ahead = order.ahead()
    looked = [next(ahead) for _ in range(4)]
    assert all(torch.equal(seen, next(order)) for seen in looked)


def test_fewer_samples_than_a_global_batch():
    with pytest.raises(DataError, match="10 samples, fewer than one batch of 12") as caught:
        ShuffledOrder(10, 6, seed=0, ranks=2)
    assert "at most 5" in str(caught.value.remedy)


def test_state_of_another_dataset_is_refused():
    state = ShuffledOrder(11, 2, seed=0).state_dict()
    with pytest.raises(DataError, match="has 10 samples, and had 11"):
        ShuffledOrder(10, 2, seed=0).load_state_dict(state)


@pytest.mark.parametrize("name", ["seed", "size", "epoch", "position"])
@pytest.mark.parametrize("value", [None, "1", 1.0, True, -1, [1], "absent"])
def test_a_damaged_state_is_refused(name, value):
    order = ShuffledOrder(10, 2, seed=0)
    state = order.state_dict() | {name: value}
    if value == "absent":
        del state[name]
    if (name, value) == ("seed", -1):
        order.load_state_dict(state)
    else:
        with pytest.raises(DataError):
            order.load_state_dict(state)


def test_a_fingerprint_must_be_the_same_and_may_be_absent():
    order = ShuffledOrder(10, 2, seed=0, fingerprint="a")
    state = order.state_dict()
    assert state["fingerprint"] == "a"
    order.load_state_dict(state)
    order.load_state_dict(ShuffledOrder(10, 2, seed=3).state_dict())
    with pytest.raises(DataError, match="not the same ones"):
        ShuffledOrder(10, 2, seed=0, fingerprint="b").load_state_dict(state)


def test_the_remedy_for_too_large_a_batch_can_be_typed():
    with pytest.raises(DataError) as caught:
        ShuffledOrder(10, 11, seed=0)
    assert "--batch-size 10" in caught.value.remedy
    with pytest.raises(DataError, match="1 samples, fewer") as caught:
        ShuffledOrder(1, 1, seed=0, ranks=2)
    assert "fewer processes" in caught.value.remedy

import os

from hypothesis import given
from hypothesis import strategies as st

from gpreg_datasets.holdout import hold_out, place

NAMES = st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True)


def test_the_hash_is_fixed_for_good():
    assert [round(place(name), 6) for name in ("a.png", "cat/b.jpg", "ü.png", os.fsdecode(b"\xff.png"))] == [
        0.496202,
        0.421392,
        0.385399,
        0.038531,
    ]


@given(NAMES, st.floats(0, 0.99))
def test_training_is_never_empty_and_others_change_nothing(names, share):
    held = hold_out(names, share)
    assert not all(held)
    rest = names[:-1]
    for name, before, after in zip(rest, hold_out(rest, share) if rest else (), held, strict=False):
        assert before == after or place(name) == max(map(place, rest))  # the one that was kept for training


@given(NAMES, st.floats(0, 0.99), st.data())
def test_no_group_loses_all_of_its_training(names, share, data):
    groups = data.draw(st.lists(st.integers(0, 3), min_size=len(names), max_size=len(names)))
    held = hold_out(names, share, groups)
    assert {group for group, out in zip(groups, held, strict=True) if not out} == set(groups)


def test_the_share_is_met():
    names = [f"{number}.png" for number in range(10_000)]
    assert abs(sum(hold_out(names, 0.1)) - 1000) < 120  # four standard deviations
    assert not any(hold_out(names, 0.0))

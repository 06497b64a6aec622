"""One movement for each update, however many parts and processes it has."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.interfaces.term import of_this_process
from gpreg_regularizers.running_mean import RunningMean

NUMBERS = st.floats(-100, 100)


@settings(max_examples=30)
@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=3), min_size=1, max_size=5), st.floats(0, 0.99), st.booleans())
def test_it_is_the_recursion(updates, decay, from_zero):
    average = RunningMean((), decay=decay, from_zero=from_zero).double()
    expected = 0.0
    for update, parts in enumerate(updates):
        mean = sum(parts) / len(parts)
        first = update == 0 and not from_zero
        expected = mean if first else decay * expected + (1 - decay) * mean
        for part in parts:
            found = average(torch.tensor(part, dtype=torch.float64), update=update, averaged=of_this_process)
    assert found.item() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_part_sees_the_parts_before_it():
    average = RunningMean((), decay=0.5).double()
    found = [
        average(torch.tensor(value).double(), update=update, averaged=of_this_process).item()
        for update, value in ((0, 4.0), (1, 8.0), (1, 0.0))
    ]
    assert found == [4, 6, 4]


def test_what_has_no_past_is_the_last_mean():
    average = RunningMean((), decay=0.9).double()
    for update, value in enumerate((4.0, 8.0)):
        found = average(torch.tensor(value).double(), update=update, averaged=of_this_process, remembers=False)
    assert found.item() == 8


def test_the_processes_are_asked():
    average = RunningMean((2,), decay=0.9)
    found = average(torch.tensor([1.0, 3.0]), update=0, averaged=lambda mean: mean + torch.tensor([1.0, -1.0]))
    assert found.tolist() == [2, 2]


def test_a_restored_one_begins_a_new_update():
    one = RunningMean((), decay=0.5)
    one(torch.tensor(4.0), update=0, averaged=of_this_process)
    other = RunningMean((), decay=0.5)
    other.load_state_dict(one.state_dict())
    for average in (one, other):
        assert average(torch.tensor(8.0), update=1, averaged=of_this_process).item() == 6

"""Slots: what each may use, and that there are as many as there should be."""

import math
import threading
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import gpreg
from gpreg.errors import OptionError
from gpreg_executors.local import LocalExecutor, LocalOptions, cores_of_machine, places, visible_gpus

COUNT = st.none() | st.integers(1, 20)
GPUS = st.lists(st.integers(0, 9).map(str), max_size=8, unique=True)


@given(gpus=GPUS, slots=COUNT, cores=COUNT, machine=st.integers(1, 64))
def test_slots_share_what_there_is(gpus, slots, cores, machine):
    shares = places(gpus, slots=slots, cores=cores, machine=machine)
    assert shares
    assert slots in (None, len(shares))
    (threads,) = {int(share["OMP_NUM_THREADS"]) for share in shares}
    assert all(share["MKL_NUM_THREADS"] == str(threads) for share in shares)
    assert threads == cores or (cores is None and threads == max(1, machine // len(shares)))
    if slots is None and not gpus:  # as many as the cores suffice for, and one at least
        assert len(shares) == max(1, machine // threads)
    users = Counter(share.get("CUDA_VISIBLE_DEVICES") for share in shares)
    if gpus:
        assert set(users) == set(gpus[: len(shares)])
        assert max(users.values()) == math.ceil(len(shares) / len(gpus))
        assert slots is not None or len(shares) == len(gpus)
    else:
        assert set(users) == {None}


def test_cores_are_shared_out_by_closed_forms():
    assert len(places([], slots=None, cores=None, machine=8)) == 8
    assert len(places([], slots=None, cores=3, machine=8)) == 2
    assert places([], slots=2, cores=None, machine=8)[0]["OMP_NUM_THREADS"] == "4"
    assert places(["5"], slots=None, cores=None, machine=8) == [
        {"OMP_NUM_THREADS": "8", "MKL_NUM_THREADS": "8", "CUDA_VISIBLE_DEVICES": "5"}
    ]


@pytest.mark.parametrize(
    ("named", "count", "expected"),
    [(None, 2, ["0", "1"]), ("3,GPU-8f", 2, ["3", "GPU-8f"]), ("", 0, []), (None, 0, []), ("7,99", 1, ["7"])],
)
def test_gpus_are_those_that_this_process_may_use(monkeypatch, named, count, expected):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus() == expected


def test_each_thread_has_a_slot_of_its_own(job):
    together = threading.Barrier(3)

    def both(ours):
        together.wait(60)  # so that each slot has one of the three
        return ours()

    show = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['OMP_NUM_THREADS'])"
    jobs = [job(show, log=f"log-{number}") for number in range(3)]
    with gpreg.load_registry().build("executor", "local", {"slots": "3", "cores": "2", "gpus": "0,MIG-1"}) as executor:
        assert [ended.exit_code for ended in executor.map(both, jobs)] == [0, 0, 0]
    assert sorted(each.log.read_text() for each in jobs) == ["0 2\n", "0 2\n", "MIG-1 2\n"]


def test_without_options_the_machine_is_full():
    with LocalExecutor(LocalOptions(gpus=())) as executor:
        assert executor._max_workers == (torch.cuda.device_count() or cores_of_machine())


@pytest.mark.parametrize("options", [{"slots": 0}, {"cores": "many"}, {"slot": 2}])
def test_impossible_options_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        gpreg.load_registry().build("executor", "local", options)

import os
import signal
import threading

import pytest

from gpreg.errors import ExitCode, InterruptedRun
from gpreg.training.interruption import interruptible

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def stop_at_once(number):
    with interruptible() as asked:
        assert not asked
        os.kill(os.getpid(), number)
        assert asked
        raise InterruptedRun(asked.name)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_by_its_name(number):
    with pytest.raises(InterruptedRun, match=number.name):
        stop_at_once(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_finds_nothing_to_stop_is_passed_on(number):
    seen = []
    before = signal.signal(number, lambda signum, frame: seen.append(signum))
    try:
        with interruptible():
            os.kill(os.getpid(), number)
            assert not seen
        assert seen == [number]
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("first", SIGNALS)
def test_the_second_one_from_the_keyboard_stops_at_once(first):
    def impatient():
        with interruptible():
            os.kill(os.getpid(), first)
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("still here")

    with pytest.raises(KeyboardInterrupt):
        impatient()


def test_handlers_are_as_they_were_afterwards():
    before = [signal.getsignal(number) for number in SIGNALS]
    for sent in (None, *SIGNALS):
        if sent:
            with pytest.raises(InterruptedRun):
                stop_at_once(sent)
        else:
            with interruptible():
                assert [signal.getsignal(number) for number in SIGNALS] != before
        assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_thread_catches_nothing():
    seen = []

    def work():
        before = signal.getsignal(signal.SIGINT)
        with interruptible() as asked:
            seen.append((bool(asked), signal.getsignal(signal.SIGINT) is before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, True)]


def test_it_ends_a_command_with_its_own_code():
    assert InterruptedRun("stopped").exit_code == ExitCode.INTERRUPTED == 130


def test_a_hangup_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not asked
    finally:
        signal.signal(signal.SIGHUP, before)

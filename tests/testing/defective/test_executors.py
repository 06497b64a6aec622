"""Wrong executors, each found by the check that is about it."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from time import sleep

import pytest
from fixtures.kits import assert_found, outcomes

from gpreg import ExecutorSpec
from gpreg.errors import UsageError
from gpreg.testing import executor_checks


def right():
    return ThreadPoolExecutor(2)


class Remembers(ThreadPoolExecutor):
    """Takes the result of an equal call from its memory."""

    def submit(self, fn, /, *args, **kwargs):
        known = vars(self).setdefault("known", {})
        if (fn, args) not in known:
            known[fn, args] = super().submit(fn, *args, **kwargs)
        return known[fn, args]


class Swallows(ThreadPoolExecutor):
    def submit(self, fn, /, *args, **kwargs):
        def call():
            try:
                return fn(*args, **kwargs)
            except ArithmeticError:
                return None

        return super().submit(call)


class Drops(ThreadPoolExecutor):
    """Gives a job's exit code away."""

    def submit(self, fn, /, *args, **kwargs):
        return super().submit(lambda: fn(*args, **kwargs) if args else (fn(), None)[1])


class Late(ThreadPoolExecutor):
    def submit(self, fn, /, *args, **kwargs):
        return super().submit(lambda: (sleep(0.02), fn(*args, **kwargs))[1])

    def shutdown(self, wait=True, *, cancel_futures=False):
        super().shutdown(wait=False, cancel_futures=cancel_futures)


class GoesOn(Executor):
    """Carries out a call at once, even after shutdown."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Leaves(ThreadPoolExecutor):
    """Forgets what waits when it is told to cancel it."""

    def shutdown(self, wait=True, *, cancel_futures=False):
        while cancel_futures and not self._work_queue.empty():
            self._work_queue.get_nowait()
        super().shutdown(wait=wait)

    def submit(self, fn, /, *args, **kwargs):
        return super().submit(lambda: (sleep(0.005), fn(*args, **kwargs))[1])


def made(factory):
    return "executor", ExecutorSpec(name="subject", summary="s", factory=factory), executor_checks


def test_what_is_right_passes():
    assert outcomes(*made(right)) == {}


def test_what_lacks_something_here_is_skipped():
    def absent():
        raise UsageError("there is no cluster", remedy="log in to one")

    assert set(outcomes(*made(absent)).values()) == {"skipped: there is no cluster"}


def of(executor):
    return lambda: executor(1) if issubclass(executor, ThreadPoolExecutor) else executor()


@pytest.mark.parametrize(
    ("factory", "check"),
    [
        (dict, "carries_out_calls"),
        (of(Remembers), "carries_out_calls"),
        (of(Swallows), "hands_errors_on"),
        (of(Drops), "carries_out_jobs"),
        (of(Late), "ends_when_it_is_told"),
        (of(GoesOn), "ends_when_it_is_told"),
        (of(Leaves), "cancels_what_has_not_begun"),
    ],
)
def test_what_is_wrong_is_found(factory, check):
    assert_found(check, *made(factory))

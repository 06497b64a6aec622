"""Detect processes of a run that do not answer any more, because they were stopped or disconnected."""

import logging
import os
import threading
import time
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

import torch
import torch.distributed as dist

from gpreg.errors import ExitCode

_log = logging.getLogger(__name__)

BEAT = 2.0
"""Seconds between two calls."""

QUIET = 30.0
"""Seconds without an answer until a warning is logged."""


class Watch:
    """A thread that calls the same threads of the other processes every few seconds; a context manager.

    A process may have to wait long for another that is busy, with scores for example; the busy one's thread still
    answers. The thread of a process that was stopped or disconnected does not answer. Nothing can wake a process that
    waits inside the library for such a one, so this thread ends it.

    Args:
        rank: number of this process.
        limit: the longest time to wait for an answer.
    """

    def __init__(self, rank: int, limit: timedelta) -> None:
        self._rank, self._limit = rank, limit.total_seconds()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End together with the other threads, so that none calls a process that is gone; at once after a failure."""
        self._over.set()
        if error is None:
            self._thread.join()

    def _watch(self) -> None:
        with suppress(RuntimeError):  # the connection is lost, which the processes' common computation reports too
            while not self._call():
                self._over.wait(BEAT)

    def _call(self) -> bool:
        """Call all others, and wait until they have answered; returns whether all of them are done."""
        left = torch.tensor(0.0 if self._over.is_set() else 1.0)
        call, began, told = dist.all_reduce(left, async_op=True), time.monotonic(), False
        while not call.is_completed():
            time.sleep(min(0.05, self._limit / 20))
            waited = time.monotonic() - began
            if waited > self._limit:
                self._end(waited)
            if waited > QUIET and not told:
                told = True
                _log.warning(
                    "process %d: another process of the run has not answered for %.0f s; this one ends if it does not "
                    "within %g minutes",
                    self._rank,
                    waited,
                    self._limit / 60,
                )
        try:
            call.wait()
        except RuntimeError:
            if time.monotonic() - began > 0.9 * self._limit:  # the library has given up at the same time
                self._end(time.monotonic() - began)
            raise
        return not left

    def _end(self, waited: float) -> None:
        _log.error(
            "Error: process %d: another process of the run has not answered for %.3g minutes, as when it was stopped "
            "or its host was cut off\ncontinue or kill it; `gpreg resume RUN`, with as many processes, goes on from "
            "the last checkpoint; --set compute.timeout_minutes=N waits longer",
            self._rank,
            waited / 60,
        )
        os._exit(ExitCode.FAILED)

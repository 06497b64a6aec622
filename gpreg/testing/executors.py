"""Checks that every executor must pass. One that cannot be built here, such as one for a cluster, is skipped."""

import operator
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import SkipTest

from gpreg.errors import GpregError, PluginError
from gpreg.sweeps.job import Job
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.things import thing_checks

PATIENCE = 60.0
"""Seconds within which a call that does nothing must have ended."""


@dataclass(frozen=True)
class ExecutorCase(Case):
    """A registered executor with its options."""

    kind = "executor"

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """One that is built anew, and shut down at the end.

        Raises:
            SkipTest: it says what it lacks here.
        """
        try:
            built: Executor = self.build()
        except PluginError:
            raise
        except GpregError as error:
            expect(error.remedy, f"does not say what to do: {error.message}")
            raise SkipTest(error.message) from error
        try:
            yield built
        finally:
            built.shutdown(wait=True, cancel_futures=True)


def carries_out_calls(case: ExecutorCase) -> None:
    """Futures have what their calls return, each its own, and a call that is submitted again is carried out again."""
    with case.executor() as executor:
        futures = [executor.submit(pow, base, 2) for base in (3, 4, 3)]
        found = [future.result(PATIENCE) for future in futures]
        expect(found == [9, 16, 9], f"has the results {found} of three calls, and 9, 16, 9 are right")
        with tempfile.TemporaryDirectory(prefix="gpreg-") as place:
            marks = [Path(place) / name for name in ("one", "two")]
            for mark in (*marks, *marks):
                mark.unlink(missing_ok=True)
                executor.submit(Path.touch, mark).result(PATIENCE)
                expect(mark.exists(), "does not carry out a call that it has carried out before")


def hands_errors_on(case: ExecutorCase) -> None:
    """A call that raises does so where its result is asked for, and others are carried out after it."""
    with case.executor() as executor:
        error = executor.submit(operator.truediv, 1, 0).exception(PATIENCE)
        expect(isinstance(error, ZeroDivisionError), f"hands a ZeroDivisionError on as {error!r}")
        expect(executor.submit(pow, 2, 5).result(PATIENCE) == 32, "carries out nothing more after an error")


def carries_out_jobs(case: ExecutorCase) -> None:
    """A job of a sweep, a command in a process of its own, comes back with how it ended."""
    with tempfile.TemporaryDirectory(prefix="gpreg-") as place, case.executor() as executor:
        words = (sys.executable, "-I", "-S", "-c")
        jobs = [Job(words=(*words, f"print({n}); raise SystemExit({n})"), log=Path(place) / f"{n}.log") for n in (0, 3)]
        codes = [future.result(PATIENCE).exit_code for future in [executor.submit(job) for job in jobs]]
        expect(codes == [0, 3], f"says that jobs ended with {codes}, and not with [0, 3]")
        told = [job.log.read_text(encoding="utf-8").strip() for job in jobs]
        expect(told == ["0", "3"], "does not let jobs write their logs")


def ends_when_it_is_told(case: ExecutorCase) -> None:
    """After ``shutdown`` all futures have ended, no call is taken, and a second shutdown does no harm."""
    with case.executor() as executor:
        futures = [executor.submit(pow, 2, power) for power in range(4)]
        executor.shutdown(wait=True)
        expect(all(future.done() for future in futures), "returns from shutdown before its calls have ended")
        expect([future.result() for future in futures] == [1, 2, 4, 8], "loses calls at shutdown")
        executor.shutdown(wait=True)
        try:
            executor.submit(pow, 2, 5)
        except RuntimeError:
            return
        raise AssertionError("takes a call after shutdown, and must raise RuntimeError")


def cancels_what_has_not_begun(case: ExecutorCase) -> None:
    """``shutdown(cancel_futures=True)`` leaves no future unfinished: each has a result, or is cancelled."""
    with case.executor() as executor:
        futures = [executor.submit(pow, 2, power) for power in range(20)]
        executor.shutdown(wait=True, cancel_futures=True)
        left = [future for future in futures if not future.done()]
        expect(not left, f"leaves {len(left)} of {len(futures)} futures that neither end nor are cancelled")
        for power, future in enumerate(futures):
            if not future.cancelled() and not isinstance(future.exception(), CancelledError):
                expect(future.result() == 2**power, "gives a call the result of another after it was cancelled")


EXECUTOR_CHECKS = (
    carries_out_calls,
    hands_errors_on,
    carries_out_jobs,
    ends_when_it_is_told,
    cancels_what_has_not_begun,
)


def executor_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered executor; those of one that lacks something here raise :class:`unittest.SkipTest`.

    >>> for check in executor_checks("local", {"slots": 1}):
    ...     check()
    >>> print(check)
    local-cancels_what_has_not_begun
    """
    case = ExecutorCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in EXECUTOR_CHECKS]

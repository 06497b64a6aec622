"""The executor ``slurm``: job arrays by submitit, which are queued again when their time is over."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from gpreg import option
from gpreg.errors import GpregError
from gpreg.sweeps.job import GRACE, interrupt
from gpreg_executors.library import library

MOST_IN_ARRAY = 500
"""Most jobs of one array; Slurm's own limit is 1000, unless its administrator has changed that."""

PAUSE = {"slurm": 2.0, "local": 0.1}
"""Seconds between looks at what has ended; what is submitted meanwhile becomes one array."""


@dataclass(frozen=True, kw_only=True)
class SlurmOptions:
    """Options of the executor ``slurm``."""

    partition: str | None = option(None, help="of the cluster; none: Slurm's default")
    timeout_minutes: int = option(60, ge=1, help="time of each job, after which its run is saved and queued again")
    requeues: int = option(20, ge=0, help="how often at most a run is queued again that exceeds its time")
    gpus: int = option(0, ge=0, help="of each cell")
    cpus: int = option(1, ge=1, help="cores of each cell")
    memory_gb: float | None = option(None, gt=0, help="of each cell; none: Slurm's default")
    array_parallelism: int = option(50, ge=1, help="cells of an array at once")
    sbatch: dict[str, str] = option({}, help="further options of sbatch: sbatch.account=NAME")
    folder: Path = option(Path("slurm"), help="for scripts and logs of the jobs; every machine must see it")
    cluster: str = option("slurm", choices=("slurm", "local"), help="local: processes here, to try it without Slurm")


class SlurmExecutor(Executor):
    """Jobs of Slurm, as futures; one thread submits them in arrays, and looks which have ended."""

    def __init__(self, options: SlurmOptions) -> None:
        submitit = library("submitit", executor="slurm")
        self._local = options.cluster == "local"
        try:
            self._executor = submitit.AutoExecutor(
                options.folder.absolute(),
                cluster=options.cluster,
                **{f"{options.cluster}_max_num_timeout": options.requeues},
            )
        except RuntimeError as error:
            raise GpregError(
                "this machine belongs to no Slurm cluster: it has no `srun`",
                remedy="start the sweep on a login node, or try it here with -E cluster=local",
            ) from error
        self._executor.update_parameters(
            name="gpreg",
            timeout_min=options.timeout_minutes,
            mem_gb=options.memory_gb,
            cpus_per_task=options.cpus,
            gpus_per_node=options.gpus or None,
            slurm_partition=options.partition,
            slurm_array_parallelism=options.array_parallelism,
            slurm_additional_parameters=options.sbatch or None,
        )
        # Slurm itself holds an array to its parallelism; submitit's local executor starts whatever it gets, at once.
        self._room = options.array_parallelism if self._local else None
        self._pause = PAUSE[options.cluster]
        self._waiting: deque[tuple[Future[Any], Requeued]] = deque()
        self._submitted: dict[Any, Future[Any]] = {}
        self._lock, self._closing, self._cancelling = Lock(), False, False
        self._thread = Thread(target=self._serve, name="gpreg slurm", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call, which must be safe to repeat: what exceeds its time is called again."""
        future: Future[Any] = Future()
        with self._lock:
            if self._closing:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append((future, Requeued(partial(fn, *args, **kwargs))))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the thread once all jobs have ended.

        Args:
            wait: return only then.
            cancel_futures: cancel all jobs; Slurm gives those that run time to save their state.
        """
        with self._lock:
            self._closing = True
            self._cancelling |= cancel_futures
        if wait:
            self._thread.join()

    def _serve(self) -> None:
        while True:
            with self._lock:
                closing, cancelling = self._closing, self._cancelling
            if cancelling:
                self._cancel()
            self._submit_waiting()
            self._collect(cancelling=cancelling)
            if closing and not self._waiting and not self._submitted:
                return
            time.sleep(self._pause)

    def _cancel(self) -> None:
        for future, _ in self._waiting:
            future.cancel()
        for job in self._submitted:
            job.cancel(check=False)

    def _submit_waiting(self) -> None:
        """Submit what waits, as one array."""
        room = MOST_IN_ARRAY if self._room is None else self._room - len(self._submitted)
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
        begun = [(future, call) for future, call in taken if future.set_running_or_notify_cancel()]
        if not begun:
            return
        try:
            with self._executor.batch():
                jobs = [self._executor.submit(call) for _, call in begun]
        except Exception as error:  # whatever sbatch and the disk refuse
            for future, _ in begun:
                future.set_exception(_told(f"Slurm does not take {len(begun)} jobs", error))
            return
        self._submitted.update(zip(jobs, (future for future, _ in begun), strict=True))

    def _collect(self, *, cancelling: bool) -> None:
        """Give what jobs returned that have ended to who waits for them."""
        for job, future in list(self._submitted.items()):
            try:
                if not job.done(force_check=cancelling):
                    continue
                if cancelling and not job.paths.result_pickle.exists():
                    raise CancelledError
                result, problem = job.result()
            except CancelledError as error:
                future.set_exception(error)
            except Exception as error:  # of Slurm or of the disk
                future.set_exception(_told(f"job {job.job_id} was lost (log: {job.paths.stderr})", error))
            else:
                future.set_result(result) if problem is None else future.set_exception(problem)
            del self._submitted[job]


class Requeued:
    """A call that submitit submits again when its time is nearly over, or another job takes its place.

    Args:
        call: what is called; it must be safe to repeat.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self._running: Future[Any] | None = None

    def __call__(self) -> tuple[Any, Exception | None]:
        """What it returns, or raises; it is called in a thread, so that a signal finds the main thread ready."""
        with ThreadPoolExecutor(1) as thread:
            self._running = thread.submit(self.call)
            try:
                return self._running.result(), None
            except Exception as error:  # the future has it, not a text about it
                return None, error
            finally:
                interrupt()

    def checkpoint(self) -> Any:
        """Let the job that runs save its state; what submitit calls next time."""
        interrupt()
        if self._running is not None:
            with suppress(TimeoutError, CancelledError):
                self._running.exception(GRACE)
        return library("submitit", executor="slurm").helpers.DelayedSubmission(Requeued(self.call))


def _told(what: str, error: Exception) -> GpregError:
    first = str(error).partition("\n---")[0].strip().replace("\n", " ")  # then submitit shows whole logs
    return GpregError(f"{what}: {first or type(error).__name__}")

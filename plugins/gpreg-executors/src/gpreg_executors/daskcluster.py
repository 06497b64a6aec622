"""The executor ``dask``: the workers of a scheduler that runs already, or of one that is started here."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from gpreg import option
from gpreg.errors import GpregError, UsageError
from gpreg.sweeps.job import interrupt, running
from gpreg_executors.library import library
from gpreg_executors.local import cores_of_machine

PATIENCE = 5.0
"""Seconds within which a scheduler must answer."""

PAUSE = 0.3
"""Seconds between looks whether jobs that are asked to end have ended."""

_log = logging.getLogger(f"gpreg.{__name__}")


@dataclass(frozen=True, kw_only=True)
class DaskOptions:
    """Options of the executor ``dask``."""

    address: str | None = option(
        None, help="of the scheduler, such as tcp://host:8786; none: a cluster on this machine"
    )
    workers: int | None = option(None, ge=1, help="of a cluster on this machine, a cell each; none: one for every core")
    resources: dict[str, float] = option({}, ge=0, help="what a cell takes of its worker: resources.GPU=1")

    def __post_init__(self) -> None:
        if self.address and self.workers:
            raise ValueError("the scheduler at an address has its own workers: give address or workers, not both")


class DaskExecutor(Executor):
    """Tasks of a dask scheduler, each of which only starts a child process and waits.

    So the task holds no lock of the interpreter, for which a worker would be given up as dead, and what it starts is no
    daemon, which could have no data workers. If a worker dies, the scheduler gives its tasks to another one.
    """

    def __init__(self, options: DaskOptions) -> None:
        distributed = library("distributed", executor="dask")
        resources = options.resources or None
        self._cluster = None
        if options.address is None:
            self._cluster = distributed.LocalCluster(
                n_workers=options.workers or cores_of_machine(),
                threads_per_worker=1,
                resources=resources,
                dashboard_address=None,
            )
        self._client = _connected(distributed, self._cluster or options.address)
        _tell_what_lacks(self._client.scheduler_info(n_workers=-1)["workers"], options)
        # Not pure: the same job again is another attempt, whose result is not known from the first.
        self._executor: Executor = self._client.get_executor(pure=False, resources=resources)
        self._unfinished: dict[Future[Any], Any] = {}
        self._lock, self._closing = Lock(), False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give a task to the scheduler."""
        with self._lock:
            if self._closing:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
            self._unfinished[future] = fn
        future.add_done_callback(self._forget)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the scheduler once all tasks are done; end a cluster of our own.

        Args:
            wait: return only then.
            cancel_futures: cancel tasks that have not begun, and ask the jobs of those that have to save their state
                and end.
        """
        with self._lock:
            first, self._closing = not self._closing, True
        if not first:
            return
        if cancel_futures:
            self._cancel()
        closing = Thread(target=self._close, name="close dask")
        closing.start()
        if wait:
            closing.join()

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._unfinished.pop(future, None)

    def _cancel(self) -> None:
        with self._lock:
            unfinished = dict(self._unfinished)
        begun = self._begun(unfinished.values())
        for future, function in unfinished.items():
            if function not in begun:
                future.cancel()
        while begun:  # one that was to be cancelled may have begun meanwhile
            self._client.run(interrupt, begun, on_error="ignore")
            time.sleep(PAUSE)
            begun = self._begun(unfinished.values())

    def _begun(self, jobs: Collection[Any]) -> set[Any]:
        """Those of our jobs that workers are carrying out."""
        everywhere: set[Any] = set().union(*self._client.run(running, on_error="ignore").values())
        return everywhere.intersection(jobs)

    def _close(self) -> None:
        with self._lock:
            unfinished = list(self._unfinished)
        wait(unfinished)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _connected(distributed: Any, where: Any) -> Any:
    """A client of a cluster, or of the scheduler at an address.

    Raises:
        GpregError: no scheduler answers there.
        UsageError: this is no address.
    """
    try:
        return distributed.Client(where, timeout=PATIENCE, set_as_default=False)
    except OSError as error:  # a time-out is one
        raise GpregError(
            f"no dask scheduler answers at {where} within {PATIENCE:g} s",
            remedy="start it with `dask scheduler`, and its workers with `dask worker ADDRESS`; without an address a "
            "cluster is started on this machine",
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{where!r} is no address of a dask scheduler: {error}", remedy="write tcp://HOST:8786"
        ) from error


def _tell_what_lacks(workers: Mapping[str, Mapping[str, Any]], options: DaskOptions) -> None:
    """Say why nothing will begin, if so: workers may come later, therefore it is no error."""
    if not workers:
        _log.warning("the scheduler at %s has no workers yet: the cells wait for them", options.address)
        return
    for name, amount in options.resources.items():
        if not any(worker.get("resources", {}).get(name, 0) >= amount for worker in workers.values()):
            _log.warning("no worker of the scheduler has %s=%g: the cells wait for one that has", name, amount)

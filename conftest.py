"""What all tests share: fixtures, the profile of a long search for bad input, and limits that no input may break."""

import logging
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    f"fixtures.{name}"
    for name in ("commands", "disk", "documentation", "formulas", "processes", "reported", "site", "training")
]

# `make fuzz` takes it; else a test marked `fuzz` tries the hundred cases of the profile `ci`, always the same.
settings.register_profile("fuzz", max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))

CPU_SECONDS = 5
WAITING_SECONDS = 60
MEMORY = 2 * 1024**3


class _Exceeded(BaseException):
    """No ``except Exception`` of the code that is tested may hide it."""


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is written to the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPREG_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def listen() -> Iterator[Callable[[], list[str]]]:
    """A function that makes lists, each of which gets the messages that are logged from then on."""
    logger, handlers = logging.getLogger("gpreg"), list[logging.Handler]()

    def begin() -> list[str]:
        told: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign] # as short as can be
        logger.addHandler(handler)
        handlers.append(handler)
        return told

    level = logger.level
    logger.setLevel(logging.INFO)
    yield begin
    logger.setLevel(level)
    for handler in handlers:
        logger.removeHandler(handler)


@pytest.fixture(scope="session")
def bounded() -> Callable[[], AbstractContextManager[None]]:
    """A context that fails after 5 s of computing, or a minute of waiting, on one input.

    On Linux a MemoryError is raised in it, too, for what takes 2 GB more than there were.
    """
    return _bounded


@contextmanager
def _bounded() -> Iterator[None]:
    def compute(*_: object) -> NoReturn:
        raise _Exceeded(f"over {CPU_SECONDS} s of computing")

    def wait(*_: object) -> NoReturn:  # longer, because other processes may keep the machine busy
        raise _Exceeded(f"over {WAITING_SECONDS} s, most of them waiting")

    handlers = {signal.SIGPROF: compute, signal.SIGALRM: wait}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    memory = resource.getrlimit(resource.RLIMIT_DATA)
    if Path("/proc/self/status").exists():
        resource.setrlimit(resource.RLIMIT_DATA, (_private_memory() + MEMORY, memory[1]))
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAITING_SECONDS)
    try:
        yield
    except _Exceeded as error:  # hypothesis makes the input smaller for an Exception only
        raise AssertionError(str(error)) from error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_DATA, memory)
        for number, handler in before.items():
            signal.signal(number, handler)


def _private_memory() -> int:
    """Bytes, as Linux counts them for the limit."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmData:")) * 1024

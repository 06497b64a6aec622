"""The executor ``local``: this machine's cores and GPUs, shared out in slots."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from gpreg import option
from gpreg.sweeps.job import PLACE


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """Options of the executor ``local``."""

    slots: int | None = option(None, ge=1, help="cells at once; none: one a GPU, and without GPUs as the cores suffice")
    cores: int | None = option(None, ge=1, help="threads of each cell; none: the machine's cores in equal shares")
    gpus: tuple[int | str, ...] = option((), help="GPUs to share out, as CUDA_VISIBLE_DEVICES calls them; none: all")


class LocalExecutor(ThreadPoolExecutor):
    """Threads, each of which has a slot: cores, and a GPU if there are any.

    A job that such a thread carries out finds what it may use in its environment: ``OMP_NUM_THREADS``,
    ``MKL_NUM_THREADS`` and ``CUDA_VISIBLE_DEVICES``.

    >>> with LocalExecutor(LocalOptions(slots=2)) as executor:
    ...     executor.submit(pow, 2, 5).result()
    32
    """

    def __init__(self, options: LocalOptions) -> None:
        gpus = list(map(str, options.gpus)) or visible_gpus()
        shares = places(gpus, slots=options.slots, cores=options.cores, machine=cores_of_machine())
        free: SimpleQueue[Mapping[str, str]] = SimpleQueue()
        for share in shares:
            free.put(share)
        super().__init__(
            max_workers=len(shares),
            thread_name_prefix="gpreg slot",
            initializer=_take,
            initargs=(free,),
        )


def _take(free: SimpleQueue[Mapping[str, str]]) -> None:
    """Give the thread that calls this one of the slots that are left."""
    PLACE.set(free.get_nowait())


def places(gpus: Sequence[str], *, slots: int | None, cores: int | None, machine: int) -> list[dict[str, str]]:
    """The environment of each slot.

    Args:
        gpus: shared out in turn; several slots share one if there are more slots than GPUs.
        slots: how many; ``None``: one a GPU, and without GPUs as many as the cores suffice for.
        cores: of each slot; ``None``: equal shares.
        machine: how many cores there are.

    >>> for place in places(["0", "1"], slots=3, cores=None, machine=8):
    ...     print(place["CUDA_VISIBLE_DEVICES"], place["OMP_NUM_THREADS"])
    0 2
    1 2
    0 2
    """
    count = slots or len(gpus) or max(1, machine // (cores or 1))
    threads = str(cores or max(1, machine // count))
    shared = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    return [shared | ({"CUDA_VISIBLE_DEVICES": gpus[slot % len(gpus)]} if gpus else {}) for slot in range(count)]


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` calls them."""
    import torch

    count = torch.cuda.device_count()
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    return named[:count] if named[0] else list(map(str, range(count)))


def cores_of_machine() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

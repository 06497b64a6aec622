"""What a step costs in time and memory, and on what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from gpreg.experiments.rows import number
from gpreg.sweeps.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a step of one row costs.

    Attributes:
        milliseconds: a generator step with its critic steps; the median over ticks and seeds. ``None``: not measured.
        low, high: the fastest and the slowest run, by its own median.
        megabytes: the most memory that a step needed, of any run; ``None``: not counted.
        together: how many runs were trained jointly at most, which share their time; 1: none was.
        devices: where the runs were computed, such as ``cpu, 1 thread``.
    """

    milliseconds: float | None
    low: float | None
    high: float | None
    megabytes: float | None
    together: int
    devices: Sequence[str]


def cost_of(runs: Sequence[Evidence]) -> Cost:
    """What a step costs in runs of one row."""
    each = [found for run in runs if (found := _milliseconds(run)) is not None]
    return Cost(
        milliseconds=median(each) if each else None,
        low=min(each, default=None),
        high=max(each, default=None),
        megabytes=max(
            (number(line["memory_mb"]) for run in runs for line in run.stats if line.get("memory_mb")), default=None
        ),
        together=max((int(number(run.environment.get("together") or 1)) for run in runs), default=1),
        devices=list(dict.fromkeys(_devices(runs))),
    )


def _milliseconds(run: Evidence) -> float | None:
    """The median over the ticks of a run; the first tick, which warms up, counts only if it is the only one."""
    lines = [line for line in run.stats if line.get("steps") and line.get("seconds")]
    ticks = [1000 * number(line["seconds"]) / number(line["steps"]) for line in lines[1:] or lines]
    return median(ticks) if ticks else None


def _devices(runs: Iterable[Evidence]) -> Iterable[str]:
    for run in runs:
        if device := run.environment.get("device"):
            threads = run.environment.get("threads")
            yield f"{device}, {threads} thread{'s' * (threads != 1)}" if device == "cpu" and threads else str(device)

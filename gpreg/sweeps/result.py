"""What a cell's run has shown so far, read from its folder."""

import math
from collections.abc import Mapping
from typing import Any

from gpreg.experiments.rows import number
from gpreg.sweeps.cell import Cell, Result, State
from gpreg.sweeps.evidence import Evidence


def provenance_line(provenance: Mapping[str, Any]) -> str:
    """What must be equal before two scores may be compared: all that is told of one but the seed of its samples."""
    told = {key: value for key, value in provenance.items() if key != "seed" and value not in ({}, None)}
    return "; ".join(f"{key}: {words(value)}" for key, value in told.items())


def result_of(run: Evidence, cell: Cell) -> Result:
    """What a run's folder says of a cell: its state, and the last value of each score."""
    training = run.recipe.get("training")
    steps = training.get("steps") if isinstance(training, Mapping) else None
    state, reason = _state(run, steps if isinstance(steps, int) else 0)
    last = {f"{line['metric']}/{name}": line for line in run.scores for name in line["values"]}
    values = {score: number(line["values"][score.partition("/")[2]]) for score, line in last.items()}
    return Result(
        cell=cell,
        state=state,
        path=run.path,
        reason=reason,
        scores={score: value for score, value in values.items() if math.isfinite(value)} if state == "done" else {},
        history=_history(run),
        better={
            score: line.get("better", {}).get(score.partition("/")[2], "")
            for score, line in last.items()
            if isinstance(line.get("better", {}), dict)
        },
        provenance={score: provenance_line(line.get("provenance", {})) for score, line in last.items()},
        step=_step(run),
        seconds=sum(number(line.get("seconds", 0.0)) for line in (*run.stats, *run.scores)),
    )


def _history(run: Evidence) -> dict[str, dict[int, float]]:
    history: dict[str, dict[int, float]] = {}
    for line in run.scores:
        for name, value in line["values"].items():
            if math.isfinite(number(value)):
                history.setdefault(f"{line['metric']}/{name}", {})[line["step"]] = number(value)
    return history


def _state(run: Evidence, steps: int) -> tuple[State, str]:
    step = _step(run)
    if run.stats and run.stats[-1].get("critic_loss", 0.0) is None:
        return "diverged", f"critic_loss was not finite at step {run.stats[-1]['step']:,}"
    return ("done", "") if step >= steps else ("pending", f"at step {step:,} of {steps:,}")


def _step(run: Evidence) -> int:
    return max((int(line["step"]) for line in (*run.stats, *run.scores)), default=0)


def words(value: Any) -> str:
    """A value of a recipe in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {words(item)}" for key, item in value.items())
    return ", ".join(map(words, value)) if isinstance(value, list | tuple) else str(value)

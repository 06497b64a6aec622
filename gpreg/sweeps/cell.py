"""A cell: one run of a sweep, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Phase = Literal["tuning", "final"]
State = Literal["pending", "done", "diverged", "failed"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of a sweep.

    Attributes:
        name: of its folder: its choices in words, and eight digits of a hash of its recipe.
        row: what is compared, in words: ``"mid"``, or ``"mid, batch_size 64"``.
        column: what it is compared on, in words: ``"8gaussians"``; rows are compared within a column only.
        choices: the value of every axis of the sweep, by its key, without the seed.
        rho: the coefficient of ``(rho/2) E_mu[form(grad D)]``, or ``"auto"``.
        seed: fixes every random number of the run.
        phase: ``"tuning"``: one of the runs by which rho is chosen; ``"final"``: one that is reported.
        recipe: the complete recipe, as TOML.
        steps: generator steps to train for now, at most those of its recipe; ``None``: all of them. When the same cell
            is wanted with more, its run goes on from where it is; it is not a new cell.
    """

    name: str
    row: str
    column: str
    choices: Mapping[str, Any]
    rho: float | str
    seed: int
    phase: Phase = "final"
    recipe: str = ""
    steps: int | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A combination of choices that is impossible.

    Attributes:
        choices: the value of every axis.
        reason: why there is no such run.
    """

    choices: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a cell.

    Attributes:
        cell: the cell.
        state: ``"pending"``: it has not ended; ``"done"``; ``"diverged"``: something was not finite; ``"failed"``.
        path: of the run's folder, which exists once the run has begun.
        reason: why it diverged or failed.
        scores: the last value of each score, by ``metric/value``: ``{"wasserstein/w1": 0.08}``; empty unless done.
        history: for each score its values by generator step, also of a run that has not ended:
            ``{"wasserstein/w1": {250: 0.2, 500: 0.08}}``. Needed of cells whose ``steps`` may grow.
        better: ``"higher"`` or ``"lower"``, for each score.
        provenance: for each score what must be equal before two of them may be compared, as one line of text.
        step: generator steps done.
        seconds: of training and scoring, over all attempts.
    """

    cell: Cell
    state: State
    path: Path
    reason: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    history: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    better: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    step: int = 0
    seconds: float = 0.0

"""How a row's coefficient was chosen, as data and in words for the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gpreg.sweeps.policies.ranking import Scores, middle


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """How the coefficient of one row in one column was chosen.

    Attributes:
        row: what is compared, in words.
        column: what it is compared on, in words.
        rho: the chosen coefficient; ``None``: it is not chosen yet, or there is nothing to choose.
        score: what it is chosen by, as ``metric/value``.
        better: the better direction of the score, ``"higher"`` or ``"lower"``.
        tried: for each coefficient its scores, one for each tuning seed, the last time it was compared with others;
            ``None``: that run diverged, failed, or its score was no finite number.
        steps: for each coefficient the generator steps after which these scores were taken.
        budget_runs: runs that the choice consists of.
        budget_steps: generator steps that the choice may cost, over all coefficients and seeds.
        untuned: why nothing is chosen for this row; empty if something is.

    >>> tried = {1.0: (0.3, 0.2), 10.0: (0.1, None), 100.0: (None, None)}
    >>> found = Tuned(row="mid", column="8gaussians", rho=1.0, score="w1", tried=tried, budget_runs=6, budget_steps=600)
    >>> found.at_edge, found.medians
    (True, {1.0: 0.25, 10.0: None, 100.0: None})
    >>> print(*found.lines(), sep=chr(10))
    'mid' on '8gaussians': rho = 1, the best of 1, 10, 100 by the median of w1 over 2 tuning seeds; 6 runs, 600 steps
    the best of the grid is its end: widen it, below 1
    """

    row: str
    column: str
    rho: float | None
    score: str = ""
    better: str = "lower"
    tried: Mapping[float, Scores] = field(default_factory=dict)
    steps: Mapping[float, int] = field(default_factory=dict)
    budget_runs: int = 0
    budget_steps: int = 0
    untuned: str = ""

    @property
    def medians(self) -> dict[float, float | None]:
        """For each coefficient the median score; ``None``: it comes to a run that diverged or failed."""
        return {rho: middle(scores, self.better) for rho, scores in self.tried.items()}

    @property
    def at_edge(self) -> bool:
        """Whether the best is the smallest or largest of the grid: a better one may lie outside.

        It does not if the smallest is 0, below which there is nothing.
        """
        return bool(self._outside)

    @property
    def _outside(self) -> str:
        """Where a better coefficient may lie; empty if not outside of the grid."""
        if self.rho is None:
            return ""
        if self.rho == max(self.tried):
            return f"above {self.rho:g}"
        return f"below {self.rho:g}" if self.rho == min(self.tried) and self.rho > 0 else ""

    @property
    def nothing_held(self) -> bool:
        """Whether even the chosen coefficient's median run diverged or failed."""
        return self.rho is not None and self.medians[self.rho] is None

    def lines(self) -> list[str]:
        """What there is to know of the choice, in sentences."""
        named = f"{self.row!r} on {self.column!r}" if self.column else repr(self.row)
        if self.untuned:
            return [f"{named}: {self.untuned}"]
        if self.rho is None:
            return [f"{named}: rho is not chosen yet"]
        seeds = len(next(iter(self.tried.values())))
        told = [
            f"{named}: rho = {self.rho:g}, the best of {', '.join(f'{rho:g}' for rho in sorted(self.tried))} by the "
            f"median of {self.score} over {seeds} tuning seed{'s' * (seeds > 1)}; {self.budget_runs} runs, "
            f"{self.budget_steps:,} steps"
        ]
        if self.nothing_held:
            told.append(
                "with none of them did the median run come to an end: the least bad was taken, then the smallest"
            )
        elif self._outside:
            told.append(f"the best of the grid is its end: widen it, {self._outside}")
        return told

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it: coefficients are in lists, because JSON's keys are text."""
        return {
            "row": self.row,
            "column": self.column,
            "rho": self.rho,
            "score": self.score,
            "better": self.better,
            "tried": [
                {"rho": rho, "steps": self.steps.get(rho), "scores": list(scores), "median": self.medians[rho]}
                for rho, scores in self.tried.items()
            ],
            "at_edge": self.at_edge,
            "budget_runs": self.budget_runs,
            "budget_steps": self.budget_steps,
            "untuned": self.untuned,
        }

"""The policy ``tuned``: each row's best coefficient on tuning seeds, reported on fresh ones."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from gpreg.errors import UsageError, did_you_mean
from gpreg.sweeps.cell import Result
from gpreg.sweeps.policies.choice import Tuned
from gpreg.sweeps.policies.policy import Policy
from gpreg.sweeps.policies.ranking import Scores, ranked
from gpreg.sweeps.policies.rungs import Rung, budget, full_grid, halved
from gpreg.sweeps.policies.template import Demand, Template, Waiting, Wanted, distinct

Tried = Mapping[tuple[str, str, float | str, int], Result]
"""Results of tuning runs, by row, column, coefficient and seed."""


@dataclass(frozen=True)
class _Choice:
    """How far the choice for one row has come."""

    reached: Mapping[float, int]  # for each coefficient the steps that its runs make for now
    compared: Mapping[float, Scores]
    at: Mapping[float, int]  # the steps at which it was compared
    better: str
    ahead: tuple[Rung, ...]  # rungs that are not known yet
    best: float | None


@dataclass(frozen=True)
class TunedRho(Policy):
    """Each row has the best of the same values, by the median score over the same tuning seeds.

    The runs that are reported have other seeds: the best of several noisy scores is better than what it is a score of.
    Every row that has a penalty pays the same for its choice.

    Attributes:
        values: the coefficients, ascending, at least two.
        tuning_seeds: of the runs by which they are compared.
        score: what they are compared by, as ``metric/value``.
        halving: whether most of them are given up early: see :func:`gpreg.sweeps.policies.rungs.halved`.

    >>> row = Template(row="mid", column="8gaussians", rho=2.0, steps=500)
    >>> asked = TunedRho((0.1, 1.0), (100,), "wasserstein/w1").demand([row], seeds=[0, 1], results=[])
    >>> [(run.phase, run.rho, run.seed) for run in asked.wanted]
    [('tuning', 0.1, 100), ('tuning', 1.0, 100)]
    >>> [(each.runs, each.steps, each.reason) for each in asked.waiting]
    [(2, 1000, 'rho is not chosen yet')]
    """

    values: tuple[float, ...]
    tuning_seeds: tuple[int, ...]
    score: str
    halving: bool = False
    name: ClassVar[str] = "tuned"

    @property
    def table(self) -> dict[str, Any]:
        """The table ``[rho]`` that means this policy."""
        return {
            "policy": self.name,
            "values": list(self.values),
            "tuning_seeds": list(self.tuning_seeds),
            "halving": self.halving,
        }

    def rungs(self, template: Template) -> tuple[Rung, ...]:
        """The stages of the choice for a row."""
        return (halved if self.halving else full_grid)(len(self.values), template.steps)

    def demand(self, templates: Sequence[Template], seeds: Sequence[int], results: Iterable[Result]) -> Demand:
        """The runs to make: those of the choices first, then those that are reported, of each row that has its rho."""
        tried = _tried(results)
        tuning: list[Wanted] = []
        final: list[Wanted] = []
        waiting: list[Waiting] = []
        for each in distinct(tuple(templates)):
            rho: float | str | None = each.rho
            if not each.why_kept:
                choice = self._choice(each, tried)
                tuning += self._tuning(each, choice)
                waiting += self._ahead(each, choice, len(seeds))
                rho = choice.best
            if rho is not None:
                final += [Wanted(template=each, rho=rho, seed=seed) for seed in seeds]
        return Demand(wanted=(*tuning, *final), waiting=tuple(waiting))

    def choices(self, templates: Sequence[Template], results: Iterable[Result]) -> tuple[Tuned, ...]:
        """How each row's coefficient was chosen, or why it was not."""
        tried = _tried(results)
        return tuple(self._told(each, tried) for each in templates)

    def _told(self, template: Template, tried: Tried) -> Tuned:
        if template.why_kept:
            return Tuned(row=template.row, column=template.column, rho=None, untuned=template.why_kept)
        choice, several = self._choice(template, tried), len(self.tuning_seeds)
        return Tuned(
            row=template.row,
            column=template.column,
            rho=choice.best,
            score=self.score,
            better=choice.better,
            tried=choice.compared,
            steps=choice.at,
            budget_runs=len(self.values) * several,
            budget_steps=budget(self.rungs(template)) * several,
        )

    def _choice(self, template: Template, tried: Tried) -> _Choice:
        """How far the choice has come: up to the first rung of which a run has not ended."""
        rungs, going, better = self.rungs(template), list(self.values), "lower"
        reached: dict[float, int] = {}
        compared: dict[float, Scores] = {}
        at: dict[float, int] = {}
        for number, rung in enumerate(rungs):
            going = going[: rung.values]
            reached |= dict.fromkeys(going, rung.steps)
            ended = {rho: self._ended(template, rho, rung, tried) for rho in going}
            if any(len(runs) < len(self.tuning_seeds) for runs in ended.values()):
                return _Choice(reached, compared, at, better, rungs[number + 1 :], None)
            better = self._direction(template, [run for runs in ended.values() for run in runs])
            scores = {rho: tuple(_score(run, self.score, rung.steps) for run in runs) for rho, runs in ended.items()}
            compared |= scores
            at |= dict.fromkeys(going, rung.steps)
            going = ranked(scores, better)
        return _Choice(reached, compared, at, better, (), going[0])

    def _ended(self, template: Template, rho: float, rung: Rung, tried: Tried) -> list[Result]:
        """The tuning runs of a coefficient whose part in a rung is over, by their seeds."""
        runs = [tried.get((template.row, template.column, rho, seed)) for seed in self.tuning_seeds]
        return [run for run in runs if run is not None and _over(run, self.score, rung.steps)]

    def _direction(self, template: Template, ended: Sequence[Result]) -> str:
        """The better direction of the score, as the runs say.

        Raises:
            UsageError: there are runs that came to an end, but none has the score.
        """
        done = [run for run in ended if run.state == "done"]
        if done and not any(self.score in {**run.scores, **run.history} for run in ended):
            names = sorted({name for run in done for name in run.scores})
            raise UsageError(
                f"no tuning run of {template.named} has the score {self.score!r}{did_you_mean(self.score, names)}",
                remedy=f"name one that there is, with --score: {', '.join(names)}"
                if names
                else "add a metric to the recipe, as in --metric wasserstein",
            )
        return min((run.better[self.score] for run in ended if self.score in run.better), default="lower")

    def _tuning(self, template: Template, choice: _Choice) -> list[Wanted]:
        """The runs of the choice. One that may be given up early has its schedule end where that of all others does."""
        horizon = {"schedule.horizon": template.steps} if self.halving and template.horizon is None else {}
        return [
            Wanted(
                template=template,
                rho=rho,
                seed=seed,
                phase="tuning",
                steps=choice.reached[rho] if self.halving else None,
                extra=horizon,
            )
            for rho in self.values
            for seed in self.tuning_seeds
        ]

    def _ahead(self, template: Template, choice: _Choice, seeds: int) -> list[Waiting]:
        if choice.best is not None:
            return []
        several, last = len(self.tuning_seeds), max(choice.reached.values())
        rungs = (Rung(steps=last, values=0), *choice.ahead)
        more = budget(rungs) * several
        told = [Waiting(template=template, runs=0, steps=more, reason="the better half goes on")] if more else []
        reported = Waiting(template=template, runs=seeds, steps=seeds * template.steps, reason="rho is not chosen yet")
        return [*told, reported]


def _tried(results: Iterable[Result]) -> Tried:
    """The results of tuning runs. Of one cell there is one result."""
    return {
        (run.cell.row, run.cell.column, run.cell.rho, run.cell.seed): run
        for run in results
        if run.cell.phase == "tuning"
    }


def _over(run: Result, score: str, steps: int) -> bool:
    """Whether a run's part in a rung is over: it has the score, or will never have it."""
    if run.state in ("diverged", "failed") or steps in run.history.get(score, {}):
        return True
    went_on = run.cell.steps is not None and run.cell.steps > steps  # it was asked for more than this rung
    return run.step >= steps and (run.state == "done" or went_on)


def _score(run: Result, score: str, steps: int) -> float | None:
    """The score of a run after so many steps; ``None`` if it had ended before, or the score is no finite number."""
    found = run.history.get(score, {}).get(steps)
    if found is None and run.state == "done" and run.step == steps:
        found = run.scores.get(score)
    return found if found is not None and math.isfinite(found) else None

"""The cells of a sweep, as far as they are known: a function of its definition and of the results so far."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpreg.recipe import write
from gpreg.runs.plan import Supply
from gpreg.sweeps.cell import Cell, Result, Skipped
from gpreg.sweeps.definition import Definition
from gpreg.sweeps.policies import Policy, Tuned, Waiting, Wanted, policy_of, stated
from gpreg.sweeps.rows import Row, base_plans, rows_of, score_of

_UNFIT = re.compile(r"[^A-Za-z0-9.+-]+")
_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """The cells of a sweep, as far as they are known.

    Attributes:
        cells: in the order in which they are run.
        waiting: what is known only when some of these have ended.
    """

    cells: tuple[Cell, ...]
    waiting: tuple[Waiting, ...] = ()

    @property
    def known(self) -> int:
        """The number of all cells, with those that are only counted yet."""
        return len(self.cells) + sum(each.runs for each in self.waiting)


class Layout:
    """A sweep's rows and policy, which are found once; :meth:`expand` then says which cells there are.

    Args:
        definition: what is compared.
        supply: plugins and data of this machine.

    Attributes:
        skipped: combinations that are impossible.
        score: what rows are compared by.

    Raises:
        UsageError: a choice is impossible in each combination, or the policy is.
    """

    def __init__(self, definition: Definition, supply: Supply) -> None:
        rows, skipped = rows_of(definition, supply)
        self.skipped: Sequence[Skipped] = skipped
        self.score = score_of(definition, rows)
        self._seeds = definition.seeds
        self._rows = {(row.template.row, row.template.column): row for row in rows}
        self._templates = [row.template for row in rows]
        policy = policy_of(definition.rho, seeds=definition.seeds, score=self.score)
        needs_bases = definition.rho is not None and definition.rho.get("policy") == "equal"
        self._policy: Policy = stated(policy, base_plans(definition, rows, supply)) if needs_bases else policy
        self._cells: dict[tuple[str, str, float | str, int, str], Cell] = {}

    def expand(self, results: Iterable[Result] = ()) -> Expansion:
        """The cells, given what is known of those that have run."""
        demand = self._policy.demand(self._templates, self._seeds, results)
        return Expansion(cells=tuple(self._cell(wanted) for wanted in demand.wanted), waiting=demand.waiting)

    def tuned(self, results: Iterable[Result]) -> tuple[Tuned, ...]:
        """How each row's coefficient was chosen by scores."""
        return self._policy.choices(self._templates, results)

    def _cell(self, wanted: Wanted) -> Cell:
        template = wanted.template
        key = (template.row, template.column, wanted.rho, wanted.seed, wanted.phase)
        known = self._cells.get(key)
        if known is None or known.steps != wanted.steps:
            self._cells[key] = known = _cell(self._rows[template.row, template.column], wanted)
        return known


def _cell(row: Row, wanted: Wanted) -> Cell:
    text = write(row.plan.overridden(wanted.choices).recipe)
    rho = wanted.rho if isinstance(wanted.rho, str) else f"{wanted.rho:g}"
    words = f"{wanted.template.column}-{wanted.template.row}-rho{rho}-seed{wanted.seed}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Cell(
        name=f"{_UNFIT.sub('-', words)[:_LONGEST].strip('-.')}-{digest}",
        row=wanted.template.row,
        column=wanted.template.column,
        choices=row.choices,
        rho=wanted.rho,
        seed=wanted.seed,
        phase=wanted.phase,
        recipe=text,
        steps=wanted.steps,
    )

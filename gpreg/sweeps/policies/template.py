"""What a policy is given, and what it asks for: rows without a coefficient, and runs that have one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gpreg.errors import UsageError
from gpreg.registry.kinds import MEASURE
from gpreg.runs.plan import Plan
from gpreg.sweeps.cell import Phase

WITHOUT_PENALTY = "0"
"""The mass, as a measure's spec says it, of a measure without a penalty."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A row in a column, before it has a coefficient and a seed.

    Attributes:
        row: what is compared, in words; no two templates of a column have the same.
        column: what it is compared on, in words.
        rho: the coefficient of its recipe, or ``"auto"``.
        steps: generator steps of its recipe.
        horizon: generator steps until the end of its schedule; ``None``: all of the run.
        penalised: whether its measure has a penalty; without one there is no coefficient.
        tune: whether its coefficient may be chosen for it; a variant that is somebody's method to the letter says no.
    """

    row: str
    column: str
    rho: float | str
    steps: int
    horizon: int | None = None
    penalised: bool = True
    tune: bool = True

    @classmethod
    def of(cls, plan: Plan, *, row: str, column: str, tune: bool = True) -> "Template":
        """The template of a row's plan.

        >>> import gpreg
        >>> Template.of(gpreg.experiment("plane", measure="wgan", steps=50).plan, row="wgan", column="").penalised
        False
        """
        recipe = plan.recipe
        return cls(
            row=row,
            column=column,
            rho=recipe.penalty.rho,
            steps=recipe.training.steps,
            horizon=recipe.schedule.horizon,
            penalised=plan.spec(MEASURE).mass != WITHOUT_PENALTY,
            tune=tune,
        )

    @property
    def named(self) -> str:
        """Row and column in words.

        >>> Template(row="mid", column="8gaussians", rho=1.0, steps=500).named
        "'mid' on '8gaussians'"
        """
        return f"{self.row!r} on {self.column!r}" if self.column else repr(self.row)

    @property
    def why_kept(self) -> str:
        """Why its coefficient is never chosen for it; empty if it may be.

        >>> Template(row="wgan", column="8gaussians", rho=1.0, steps=500, penalised=False).why_kept
        'it has no penalty, so that there is nothing to tune'
        """
        if not self.penalised:
            return "it has no penalty, so that there is nothing to tune"
        return "" if self.tune else "it keeps the rho of its own (tune = false)"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A run that a policy asks for.

    Attributes:
        template: its row and column.
        rho: its coefficient, or ``"auto"``.
        seed: fixes every random number of the run.
        phase: ``"tuning"``, or ``"final"`` for a run that is reported.
        steps: generator steps to train for now; ``None``: all of its recipe's.
        extra: further choices of its recipe, by dotted keys.
    """

    template: Template
    rho: float | str
    seed: int
    phase: Phase = "final"
    steps: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def choices(self) -> dict[str, Any]:
        """What it changes in the recipe of its row, by dotted keys.

        >>> row = Template(row="mid", column="8gaussians", rho=1.0, steps=500)
        >>> Wanted(template=row, rho=0.1, seed=3).choices
        {'penalty.rho': 0.1, 'training.seed': 3}
        """
        return {"penalty.rho": self.rho, "training.seed": self.seed, **self.extra}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Runs that will be asked for, of which the coefficient is not known yet.

    Attributes:
        template: their row and column.
        runs: how many there will be.
        steps: generator steps that they will make in all.
        reason: what they wait for.
    """

    template: Template
    runs: int
    steps: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Demand:
    """All runs that a policy asks for, given what is known.

    Attributes:
        wanted: the runs. With more results there are more of them, or some have more steps; none is ever taken back.
        waiting: what is not known yet; empty at the end.
    """

    wanted: tuple[Wanted, ...]
    waiting: tuple[Waiting, ...] = ()


def distinct(templates: tuple[Template, ...]) -> tuple[Template, ...]:
    """The templates, of which no two may have the same row and column: results are told apart by these.

    Raises:
        UsageError: two have.
    """
    seen: set[tuple[str, str]] = set()
    for each in templates:
        if (each.row, each.column) in seen:
            raise UsageError(f"there are two rows {each.named}", remedy="give each variant a name of its own")
        seen.add((each.row, each.column))
    return templates

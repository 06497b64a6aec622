"""Ask the advisors about a plan before training, or about the networks of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpreg.errors import AssumptionViolated, UsageError
from gpreg.evaluation.trained import pick_checkpoint
from gpreg.interfaces import Advice, Moment
from gpreg.runs.folder import RunFolder
from gpreg.runs.plan import Plan
from gpreg.training.advice import Advisors, tuned
from gpreg.training.device import by_itself, cpu_threads
from gpreg.training.restoration import restore_networks
from gpreg.training.setup import Setup, initial_critic, set_up


@dataclass(frozen=True, kw_only=True, repr=False)
class Examination:
    """What was said. It prints as its title and lines.

    Attributes:
        setup: as it was looked at, with a number for rho.
        step: generator steps done.
        said: what each advisor says, by its name.
    """

    setup: Setup
    step: int
    said: Mapping[str, Advice]

    @property
    def title(self) -> str:
        """The choices in one line."""
        when = f", after {self.step:,} steps" if self.step else ", before training"
        return f"{self.setup.recipe.title}, rho = {self.setup.penalty.rho:g}{when}"

    @property
    def report(self) -> Any:
        """The first advisor's own object: of gpreg-theory, a :class:`gpreg_theory.Report`; ``None``: none has any."""
        return next((advice.details for advice in self.said.values() if advice.details is not None), None)

    @property
    def lines(self) -> tuple[str, ...]:
        """All that training would tell of it."""
        return tuple(line for advice in self.said.values() for line in advice.lines)

    @property
    def refusal(self) -> AssumptionViolated | None:
        """Why a strict run must not go on; ``None``: nothing speaks against it."""
        return next((advice.refusal for advice in self.said.values() if advice.refusal is not None), None)

    def __repr__(self) -> str:
        return "\n".join((self.title, *self.lines))

    def to_dict(self) -> dict[str, Any]:
        """Each advisor's document, by its name, as JSON knows it."""
        return {name: dict(advice.document) for name, advice in self.said.items()}


def examine(
    plan: Plan, *, run: Path | None = None, step: int | str | None = None, at_rest: bool = False
) -> Examination:
    """Ask every advisor; nothing is trained, and nothing is written.

    Args:
        plan: of a run, with or without choices that leave its networks as they are.
        run: the folder of the run; ``None``: nothing is trained.
        step: of the checkpoint; ``"best"``: by score; ``None``: the newest.
        at_rest: assert that the run's networks are at an equilibrium.

    Raises:
        UsageError: choices clash, or do not fit the run's networks; or no advisor is there.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    if at_rest and run is None:
        raise UsageError(
            "only the networks of a run can be asserted to be at rest: of a choice nothing is trained",
            remedy="give the folder of a run",
        )
    advisors = Advisors(plan)
    advisors.require("a check")
    with cpu_threads(plan.recipe.compute.threads), by_itself():
        setup, moment = reopened(plan, run=run, step=step, at_rest=at_rest)
        setup, _ = tuned(setup, advisors)
        return Examination(setup=setup, step=moment.step, said=advisors.say(setup, moment))


def reopened(plan: Plan, *, run: Path | None, step: int | str | None, at_rest: bool = False) -> tuple[Setup, Moment]:
    """The set-up of a plan, with the networks of a run if there is one; arguments are those of :func:`examine`."""
    setup = set_up(plan)
    if run is None:
        return setup, Moment()
    initial = initial_critic(setup)
    checkpoint = pick_checkpoint(RunFolder.open(run), step)
    restore_networks(setup, checkpoint)
    return setup, Moment(step=checkpoint.step, reference=initial, at_rest=at_rest)

"""What theory says of a recipe that is not trained yet, or of a run: the experiment that its checks look at."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from gpreg.evaluation.trained import pick_checkpoint
from gpreg.runs.folder import RunFolder
from gpreg.runs.plan import Plan
from gpreg.training.device import cpu_threads
from gpreg.training.restoration import restore_networks
from gpreg.training.setup import Setup, initial_critic, set_up
from gpreg_theory.advice.checks import check
from gpreg_theory.advice.tuning import tuned
from gpreg_theory.checks.report import Report


@dataclass(frozen=True, kw_only=True)
class Examined:
    """An experiment with what was found.

    Attributes:
        setup: as it was looked at.
        step: generator steps done.
        report: the findings.
    """

    setup: Setup
    step: int
    report: Report

    @property
    def title(self) -> str:
        """The choices in one line."""
        recipe = self.setup.recipe
        names = [recipe.measure.name, recipe.form.name, recipe.loss.name, recipe.architecture.name]
        when = f", after {self.step:,} steps" if self.step else ", before training"
        return f"{' / '.join(names)} / {recipe.dataset.name}, rho = {self.setup.penalty.rho:g}{when}"


def examine(plan: Plan, *, run: Path | None, step: int | str | None = None) -> Examined:
    """Check the assumptions for a plan, or for the networks of a run.

    Args:
        plan: of a run, with or without choices that leave its networks as they are.
        run: the folder of the run; ``None``: nothing is trained.
        step: of the checkpoint; ``"best"``: by score; ``None``: the newest.

    Raises:
        UsageError: choices clash, or do not fit the run's networks.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    with cpu_threads(plan.recipe.compute.threads):
        setup, done, initial = reopened(plan, run=run, step=step)
        setup = tuned(setup)
        report = check(setup, reference=initial, trained=run is not None)
    return Examined(setup=setup, step=done, report=report)


def reopened(plan: Plan, *, run: Path | None, step: int | str | None) -> tuple[Setup, int, nn.Module]:
    """The experiment of a recipe, with the networks of a run if there is one; steps done; the initial critic."""
    setup = set_up(plan)
    initial = initial_critic(setup)
    if run is None:
        return setup, 0, initial
    checkpoint = pick_checkpoint(RunFolder.open(run), step)
    restore_networks(setup, checkpoint)
    return setup, checkpoint.step, initial

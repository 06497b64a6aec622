"""What theory says of a recipe that is not trained yet, or of a run: the experiment that its checks look at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from gpreg.evaluation.trained import pick_checkpoint
from gpreg.recipe import Recipe
from gpreg.registry.registry import Registry
from gpreg.runs.data import DataAccess
from gpreg.runs.folder import RunFolder
from gpreg.training.device import cpu_threads
from gpreg.training.distributed import Ranks
from gpreg.training.experiment import Experiment, initial_critic, set_up
from gpreg.training.restoration import restore_networks
from gpreg_theory.advice.checks import check, form_of
from gpreg_theory.advice.tuning import tuned
from gpreg_theory.checks.report import Report


@dataclass(frozen=True, kw_only=True)
class Examined:
    """An experiment with what was found.

    Attributes:
        experiment: as it was looked at.
        step: generator steps done.
        report: the findings.
    """

    experiment: Experiment
    step: int
    report: Report

    @property
    def title(self) -> str:
        """The choices in one line."""
        recipe = self.experiment.recipe
        names = [recipe.measure.name, form_of(self.experiment), recipe.loss.name, recipe.architecture.name]
        when = f", after {self.step:,} steps" if self.step else ", before training"
        return f"{' / '.join(names)} / {recipe.dataset.name}, rho = {self.experiment.penalty.rho:g}{when}"


def examine(
    recipe: Recipe,
    registry: Registry,
    *,
    run: Path | None,
    step: int | str | None = None,
    access: DataAccess,
    tell: Callable[[str], None],
) -> Examined:
    """Check the assumptions for a recipe, or for the networks of a run.

    Args:
        recipe: complete; of a run, with or without choices that leave its networks as they are.
        registry: supplies what it names.
        run: the folder of the run; ``None``: nothing is trained.
        step: of the checkpoint; ``"best"``: by score; ``None``: the newest.
        access: how this machine gets at data.
        tell: told in words what a user should know.

    Raises:
        UsageError: choices clash, or do not fit the run's networks.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    with cpu_threads(recipe.compute.threads):
        experiment, done, initial = reopened(recipe, registry, run=run, step=step, access=access, tell=tell)
        experiment, _ = tuned(experiment, tell)
        report = check(experiment, reference=initial, trained=run is not None)
    return Examined(experiment=experiment, step=done, report=report)


def reopened(
    recipe: Recipe,
    registry: Registry,
    *,
    run: Path | None,
    step: int | str | None,
    access: DataAccess,
    tell: Callable[[str], None],
) -> tuple[Experiment, int, nn.Module]:
    """The experiment of a recipe, with the networks of a run if there is one; steps done; the initial critic."""
    experiment = set_up(recipe, registry, access=access, ranks=Ranks())
    initial = initial_critic(experiment)
    if run is None:
        return experiment, 0, initial
    checkpoint = pick_checkpoint(RunFolder.open(run), step, tell)
    restore_networks(experiment, checkpoint)
    return experiment, checkpoint.step, initial

"""A run from its beginning, or from where it was left, to its end."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gpreg.evaluation.gap import CriticGap
from gpreg.interfaces import Observer
from gpreg.recipe import Recipe, read, write
from gpreg.registry.registry import Registry
from gpreg.runs.data import DATA, DataAccess, data_document
from gpreg.runs.environment import environment
from gpreg.runs.folder import RECIPE, RunFolder, check_free
from gpreg.training.checks import Checks, check, document, refuse_violations
from gpreg.training.device import cpu_threads
from gpreg.training.distributed import connected
from gpreg.training.experiment import Experiment, set_up
from gpreg.training.state import restore
from gpreg.training.trainer import Trainer
from gpreg.training.tuning import tuned
from gpreg.training.watching import build_observers, check_metrics, critic_gap


def start(
    recipe: Recipe,
    registry: Registry,
    path: Path,
    *,
    access: DataAccess,
    overwrite: bool = False,
    strict: bool = False,
    observers: Iterable[Observer] = (),
    tell: Callable[[str], None],
) -> RunFolder:
    """Train a recipe from its beginning.

    Before anything is written, ``rho = auto`` becomes a number and the theorem's assumptions are checked.

    Args:
        recipe: complete, without clashes.
        registry: supplies what it names.
        path: of the run folder.
        access: how this machine gets at data.
        overwrite: replace the run that is there.
        strict: refuse to train, or to go on, where an assumption is violated.
        observers: who watches, beside those that the recipe names.
        tell: told in words what a user should know.

    Raises:
        UsageError: choices clash, or the folder is not free.
        DataError: the data is not there.
        AssumptionViolated: with ``strict``; nothing is written if that is known before the first step.
        DivergenceError, InterruptedRun, StorageError: as :meth:`Trainer.run` does.
    """
    check_free(path, overwrite=overwrite)
    with connected(recipe.compute.device) as ranks, cpu_threads(recipe.compute.threads):
        say = tell if ranks.main else _silent
        experiment = set_up(recipe, registry, access=access, ranks=ranks)
        for note in experiment.data.notes:
            say(f"Note: {note}")
        check_metrics(recipe, registry)
        watching = [*observers, *build_observers(recipe, registry)] if ranks.main else []
        experiment, tuning = tuned(experiment, say)
        report = check(experiment) if ranks.main else None
        if report and recipe.report.check_samples:
            for line in (f"theorem: {report.conclusion.text}", *report.notes):
                say(line)
        if strict:
            refuse_violations(report, ranks)
        gap, held_out = critic_gap(experiment, access, say) if ranks.main else (None, None)
        known = data_document(experiment.data, held_out, dataset=recipe.dataset.name)
        if report:  # nothing is written before everything could be built
            folder = RunFolder.create(path, write(experiment.recipe), overwrite=overwrite)
            folder.document("environment.json", environment(registry, experiment.device, ranks.count))
            folder.document(DATA, known)
            Checks(folder).begin(document(report, experiment, step=0), tuning)
        _train(experiment, RunFolder(path), watching, say, gap, step=0, strict=strict)
    return RunFolder(path)


def resume(
    path: Path,
    registry: Registry,
    *,
    access: DataAccess,
    observers: Iterable[Observer] = (),
    tell: Callable[[str], None],
) -> RunFolder:
    """Continue a run from its newest checkpoint that is whole; its weights end as if it had never stopped.

    Raises:
        UsageError: this is no run folder, or the number of processes is another.
        CheckpointError: no checkpoint can be read.
        DataError, DivergenceError, InterruptedRun, StorageError: as :func:`start` does.
    """
    folder = RunFolder.open(path)
    recipe = read(folder.recipe, origin=str(path / RECIPE), registry=registry)
    with connected(recipe.compute.device) as ranks, cpu_threads(recipe.compute.threads):
        tell = tell if ranks.main else _silent
        checkpoint = folder.checkpoints.load(tell)
        if checkpoint.step >= recipe.training.steps:
            tell(f"{path} is complete: {checkpoint.step} generator steps are done")
            return folder
        experiment = set_up(recipe, registry, access=access, ranks=ranks)
        restore(experiment, checkpoint)
        ranks.any(False, experiment.device)  # nobody forgets a checkpoint that another process has yet to read
        if ranks.main:
            folder.rewind(checkpoint.step)
            tell(f"going on from generator step {checkpoint.step} of {recipe.training.steps}")
        watching = [*observers, *build_observers(recipe, registry)] if ranks.main else []
        gap, held_out = critic_gap(experiment, access, tell) if ranks.main else (None, None)
        if ranks.main:
            _keep_data(folder, data_document(experiment.data, held_out, dataset=recipe.dataset.name), tell)
        _train(experiment, folder, watching, tell, gap, step=checkpoint.step)
    return folder


def _keep_data(folder: RunFolder, known: dict[str, Any], tell: Callable[[str], None]) -> None:
    """Tell the notes on the data again if they are others than the run began with, and keep what has changed."""
    before = folder.read_document(DATA)
    if known["notes"] != before.get("notes"):
        for note in known["notes"]:
            tell(f"Note: {note}")
    if known != before:
        folder.document(DATA, known)


def _train(
    experiment: Experiment,
    folder: RunFolder,
    observers: Iterable[Observer],
    tell: Callable[[str], None],
    gap: CriticGap | None,
    *,
    step: int,
    strict: bool = False,
) -> None:
    with experiment.precision:
        Trainer(experiment, folder, observers=observers, tell=tell, gap=gap, step=step, strict=strict).run()


def _silent(message: str) -> Any:
    """Processes other than 0 say nothing."""
    return None

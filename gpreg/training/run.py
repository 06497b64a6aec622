"""A run from its beginning."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gpreg.disk.refusal import found
from gpreg.evaluation.gap import CriticGap
from gpreg.interfaces import Observer
from gpreg.recipe import Recipe, write
from gpreg.registry.registry import Registry
from gpreg.runs.checkpoint import Checkpoint, read, step_of
from gpreg.runs.data import DATA, DataAccess, data_document
from gpreg.runs.environment import ENVIRONMENT, environment
from gpreg.runs.folder import RunFolder
from gpreg.runs.replacement import check_replaceable, replacing_run
from gpreg.training.device import cpu_threads
from gpreg.training.distributed import connected
from gpreg.training.experiment import Experiment, set_up
from gpreg.training.restoration import start_from
from gpreg.training.trainer import Trainer
from gpreg.training.watching import build_observers, check_metrics, critic_gap
from gpreg_theory.advice.checks import Checks, check, document, refuse_violations
from gpreg_theory.advice.fairness import comparison
from gpreg_theory.advice.tuning import tuned


def start(
    recipe: Recipe,
    registry: Registry,
    path: Path,
    *,
    access: DataAccess,
    overwrite: bool = False,
    strict: bool = False,
    init: Path | None = None,
    chosen_for: Recipe | None = None,
    observers: Iterable[Observer] = (),
    tell: Callable[[str], None],
) -> RunFolder:
    """Train a recipe from its beginning.

    Before anything is written, ``rho = auto`` becomes a number and the theorem's assumptions are checked. Until the
    first step is done, any failure leaves the folder as it was: without it, or with the run that was to be replaced.

    Args:
        recipe: complete, without clashes.
        registry: supplies what it names.
        path: of the run folder.
        access: how this machine gets at data.
        overwrite: replace the run that is there.
        strict: refuse to train, or to go on, where an assumption is violated.
        init: another run's folder, or that of one of its checkpoints, with whose weights this one begins.
        chosen_for: the recipe with the measure that rho was chosen for, if that is another: what to know is told.
        observers: who watches, beside those that the recipe names.
        tell: told in words what a user should know.

    Raises:
        UsageError: choices clash, or the folder is not free, or the other run's networks are others.
        DataError: the data is not there.
        AssumptionViolated: with ``strict``; nothing is written if that is known before the first step.
        DivergenceError, InterruptedRun, StorageError: as :meth:`Trainer.run` does.
    """
    check_replaceable(path, overwrite=overwrite)
    origin = origin_of(init, tell) if init else None
    with connected(recipe.compute, tell) as ranks, cpu_threads(recipe.compute.threads):
        say = tell if ranks.main else silent
        experiment = set_up(recipe, registry, access=access, ranks=ranks)
        if init and origin:
            start_from(experiment, origin, init)
        for note in experiment.data.notes:
            say(f"Note: {note}")
        if chosen_for and ranks.main and (note := comparison(experiment, chosen_for)):
            say(note)
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
        with ExitStack() as place:
            begun: Callable[[], None] = _nothing
            if report:  # nothing is written before everything could be built
                new = place.enter_context(replacing_run(path, write(experiment.recipe), overwrite=overwrite, tell=say))
                begun = new.begin
                made_with = environment(registry, experiment.device, ranks.count)
                from_run = {"run": str(init.absolute()), "step": origin.step} if init and origin else None
                new.folder.document(ENVIRONMENT, {**made_with, "strict": strict, "init": from_run})
                new.folder.document(DATA, known)
                Checks(new.folder).begin(document(report, experiment, step=0), tuning)
            train(experiment, RunFolder(path), watching, say, gap, strict=strict, begun=begun)
    return RunFolder(path)


def train(
    experiment: Experiment,
    folder: RunFolder,
    observers: Iterable[Observer],
    tell: Callable[[str], None],
    gap: CriticGap | None,
    *,
    step: int = 0,
    resumed: bool = False,
    tick: object = None,
    strict: bool = False,
    begun: Callable[[], None] = lambda: None,
) -> None:
    """Train to the last step; arguments are those of :class:`Trainer`."""
    with experiment.precision:
        Trainer(
            experiment,
            folder,
            observers=observers,
            tell=tell,
            gap=gap,
            step=step,
            resumed=resumed,
            tick=tick,
            strict=strict,
            begun=begun,
        ).run()


def origin_of(init: Path, tell: Callable[[str], None]) -> Checkpoint:
    """The checkpoint that ``--init`` names: a folder of one, or a run's newest.

    Raises:
        UsageError: there is no run.
        CheckpointError: it cannot be read.
    """
    with found(init):
        single = step_of(init.name) >= 0 and init.is_dir()
    return read(init) if single else RunFolder.open(init).checkpoints.load(tell)


def silent(message: str) -> Any:
    """Processes other than 0 say nothing."""
    return None


def _nothing() -> None:
    """Other processes than 0 have no folder."""

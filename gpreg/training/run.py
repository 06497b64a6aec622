"""A run from its beginning."""

import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from gpreg.disk.refusal import found
from gpreg.evaluation.gap import CriticGap
from gpreg.interfaces import Observer
from gpreg.recipe import Recipe, write
from gpreg.runs.checkpoint import Checkpoint, read, step_of
from gpreg.runs.data import DATA, data_document
from gpreg.runs.environment import environment
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.runs.plan import Plan
from gpreg.runs.replacement import check_replaceable, replacing_run
from gpreg.runs.supplied import session_notes
from gpreg.training.advice import Advisors, refuse, tuned
from gpreg.training.device import cpu_threads
from gpreg.training.distributed import connected
from gpreg.training.restoration import start_from
from gpreg.training.setup import Setup, set_up
from gpreg.training.trainer import Trainer
from gpreg.training.watching import build_observers, check_metrics, critic_gap

_log = logging.getLogger(__name__)


def start(
    plan: Plan,
    path: Path,
    *,
    overwrite: bool = False,
    strict: bool = False,
    init: Path | None = None,
    chosen_for: Recipe | None = None,
    observers: Iterable[Observer] = (),
) -> RunFolder:
    """Train a plan from its beginning.

    Before anything is written, ``rho = auto`` becomes a number and the advisors say what they think. Until the first
    step is done, any failure leaves the folder as it was: without it, or with the run that was to be replaced.

    Args:
        plan: what is trained.
        path: of the run folder.
        overwrite: replace the run that is there.
        strict: refuse to train, or to go on, where an advisor speaks against it: an assumption is violated.
        init: another run's folder, or that of one of its checkpoints, with whose weights this one begins.
        chosen_for: the recipe with the measure that rho was chosen for, if that is another: what to know is told.
        observers: who watches, beside those that the recipe names.

    Raises:
        UsageError: the folder is not free, or the other run's networks are others, or nobody is there to advise a
            strict run.
        DataError: the data is not there.
        AssumptionViolated: with ``strict``; nothing is written if that is known before the first step.
        DivergenceError, InterruptedRun, StorageError: as :meth:`Trainer.run` does.
    """
    check_replaceable(path, overwrite=overwrite)
    origin = origin_of(init) if init else None
    with connected(plan.recipe.compute) as ranks, cpu_threads(plan.recipe.compute.threads):
        advisors = Advisors(plan, strict=strict)
        setup = set_up(plan, ranks=ranks)
        if init and origin:
            start_from(setup, origin, init)
        for note in (*setup.data.notes, *session_notes(plan.recipe, plan.registry)):
            _log.info("Note: %s", note)
        if chosen_for and ranks.main:
            for note in advisors.compare(setup, chosen_for):
                _log.info("%s", note)
        check_metrics(plan)
        watching = [*observers, *build_observers(plan)] if ranks.main else []
        setup, chosen = tuned(setup, advisors)
        said = advisors.say(setup) if ranks.main else {}
        for line in (line for advice in said.values() for line in advice.lines):
            _log.info("%s", line)
        if strict:
            refuse(said, ranks)
        gap, held_out = critic_gap(setup) if ranks.main else (None, None)
        known = data_document(setup.data, held_out, dataset=plan.recipe.dataset.name)
        with ExitStack() as place:
            begun: Callable[[], None] = _nothing
            if ranks.main:  # nothing is written before everything could be built
                new = place.enter_context(replacing_run(path, write(setup.recipe), overwrite=overwrite))
                begun = new.begin
                from_run = {"run": str(init.absolute()), "step": origin.step} if init and origin else None
                made_with = environment(plan, setup.device, ranks.count)
                new.folder.document(ENVIRONMENT, {**made_with, "strict": strict, "init": from_run})
                new.folder.document(DATA, known)
                advisors.begin(new.folder, said, chosen)
            train(setup, RunFolder(path), watching, gap, advisors, strict=strict, begun=begun)
    return RunFolder(path)


def train(
    setup: Setup,
    folder: RunFolder,
    observers: Iterable[Observer],
    gap: CriticGap | None,
    advisors: Advisors,
    *,
    step: int = 0,
    resumed: bool = False,
    tick: object = None,
    strict: bool = False,
    begun: Callable[[], None] = lambda: None,
) -> None:
    """Train to the last step; arguments are those of :class:`Trainer`."""
    with setup.precision:
        Trainer(
            setup,
            folder,
            observers=observers,
            gap=gap,
            advisors=advisors,
            step=step,
            resumed=resumed,
            tick=tick,
            strict=strict,
            begun=begun,
        ).run()


def origin_of(init: Path) -> Checkpoint:
    """The checkpoint that ``--init`` names: a folder of one, or a run's newest.

    Raises:
        UsageError: there is no run.
        CheckpointError: it cannot be read.
    """
    with found(init):
        single = step_of(init.name) >= 0 and init.is_dir()
    return read(init) if single else RunFolder.open(init).checkpoints.load()


def _nothing() -> None:
    """Other processes than 0 have no folder."""

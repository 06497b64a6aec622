"""Start a run."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpreg.disk.refusal import found
from gpreg.interfaces import Advice, ChosenRho, Observer
from gpreg.recipe import Recipe, write
from gpreg.runs.checkpoint import Checkpoint, read, step_of
from gpreg.runs.data import DATA, data_document
from gpreg.runs.environment import environment
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.runs.plan import Plan
from gpreg.runs.replacement import check_replaceable, replacing_run
from gpreg.runs.supplied import session_notes
from gpreg.training.advice import Advisors, refuse, tuned
from gpreg.training.device import computing
from gpreg.training.distributed import Ranks
from gpreg.training.restoration import start_from
from gpreg.training.setup import Setup, set_up
from gpreg.training.trainer import Trainer
from gpreg.training.watching import Onlookers, check_metrics

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
    origin = Origin.read(init) if init else None
    with (
        computing(plan.recipe.compute) as ranks,
        starting(
            plan,
            path,
            ranks,
            overwrite=overwrite,
            strict=strict,
            origin=origin,
            chosen_for=chosen_for,
            observers=observers,
        ) as trainer,
    ):
        trainer.run()
    return RunFolder(path)


@contextmanager
def starting(
    plan: Plan,
    path: Path,
    ranks: Ranks,
    *,
    overwrite: bool = False,
    strict: bool = False,
    origin: "Origin | None" = None,
    chosen_for: Recipe | None = None,
    observers: Iterable[Observer] = (),
) -> Iterator[Trainer]:
    """A trainer of a new run, whose folder is this process's inside the block; arguments are those of :func:`start`.

    Args:
        ranks: the processes of the run.
        origin: with whose weights the run begins.
    """
    ready = _ready(plan, ranks, origin=origin, chosen_for=chosen_for, observers=observers, strict=strict)
    with ExitStack() as place:
        begun: Callable[[], None] | None = None
        if ranks.main:  # nothing is written before everything could be built
            new = place.enter_context(replacing_run(path, write(ready.setup.recipe), overwrite=overwrite))
            begun = new.begin
            made_with = environment(plan, ready.setup.device, ranks.count)
            from_run = origin.document() if origin else None
            new.folder.document(ENVIRONMENT, {**made_with, "strict": strict, "init": from_run})
            new.folder.document(DATA, ready.known)
            ready.advisors.begin(new.folder, ready.said, ready.chosen)
        yield Trainer(ready.setup, RunFolder(path), ready.onlookers, ready.advisors, strict=strict, begun=begun)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Another run, with whose weights a new one begins.

    Attributes:
        path: of its folder, or of that of one of its checkpoints.
        checkpoint: with the weights.
    """

    path: Path
    checkpoint: Checkpoint

    @classmethod
    def read(cls, path: Path) -> "Origin":
        """The checkpoint that ``--init`` names: a folder of one, or a run's newest.

        Raises:
            UsageError: there is no run.
            CheckpointError: it cannot be read.
        """
        with found(path):
            single = step_of(path.name) >= 0 and path.is_dir()
        return cls(path=path, checkpoint=read(path) if single else RunFolder.open(path).checkpoints.load())

    def document(self) -> dict[str, Any]:
        """What ``environment.json`` says of it."""
        return {"run": str(self.path.absolute()), "step": self.checkpoint.step}


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """Everything that is prepared before the first step.

    Attributes:
        setup: with a number for rho.
        onlookers: of the run.
        advisors: of the run.
        said: by the advisors, to process 0.
        chosen: how ``rho = auto`` became a number, if it had to.
        known: of the data, for ``data.json``.
    """

    setup: Setup
    onlookers: Onlookers
    advisors: Advisors
    said: Mapping[str, Advice]
    chosen: tuple[str, ChosenRho] | None
    known: Mapping[str, Any]


def _ready(
    plan: Plan,
    ranks: Ranks,
    *,
    origin: Origin | None,
    chosen_for: Recipe | None,
    observers: Iterable[Observer],
    strict: bool,
) -> _Ready:
    """Build it all, and tell what there is to know; arguments are those of :func:`start`."""
    advisors = Advisors(plan, strict=strict)
    setup = set_up(plan, ranks=ranks)
    if origin:
        start_from(setup, origin.checkpoint, origin.path)
    for note in (*setup.data.notes, *session_notes(plan.recipe, plan.registry)):
        _log.info("Note: %s", note)
    if chosen_for and ranks.main:
        for note in advisors.compare(setup, chosen_for):
            _log.info("%s", note)
    check_metrics(plan)
    onlookers = Onlookers.of(setup, observers)
    setup, chosen = tuned(setup, advisors)
    said = advisors.say(setup) if ranks.main else {}
    for line in (line for advice in said.values() for line in advice.lines):
        _log.info("%s", line)
    if strict:
        refuse(said, ranks)
    known = data_document(setup.data, onlookers.held_out, dataset=plan.recipe.dataset.name)
    return _Ready(setup=setup, onlookers=onlookers, advisors=advisors, said=said, chosen=chosen, known=known)

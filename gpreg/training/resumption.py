"""Resume a run from its newest checkpoint."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpreg.disk.atomic import write as write_file
from gpreg.errors import CheckpointError, UsageError
from gpreg.interfaces import Observer
from gpreg.recipe import Recipe, write
from gpreg.runs.checkpoint import Checkpoint
from gpreg.runs.data import DATA, data_document
from gpreg.runs.folder import ENVIRONMENT, RECIPE, RunFolder
from gpreg.runs.lock import writing
from gpreg.runs.plan import Plan, Supply
from gpreg.runs.replacement import mend
from gpreg.runs.supplied import renewed
from gpreg.training.advice import Advisors
from gpreg.training.device import computing
from gpreg.training.distributed import Ranks, is_main
from gpreg.training.extension import extended
from gpreg.training.restoration import restore
from gpreg.training.run import Origin, start, starting
from gpreg.training.seeds import seed_for
from gpreg.training.setup import set_up
from gpreg.training.trainer import Trainer
from gpreg.training.watching import Onlookers

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """Changes to a run that is resumed.

    Attributes:
        steps: new total number of steps; ``None``: that of its recipe.
        strict: whether the run stops if an assumption is violated; ``None``: as before.
    """

    steps: int | None = None
    strict: bool | None = None


def resume(path: Path, supply: Supply, *, wishes: Wishes = Wishes(), observers: Iterable[Observer] = ()) -> RunFolder:
    """Continue a run from its newest checkpoint that is whole; its weights end as if it had never stopped.

    A run that never came to a first checkpoint starts from its beginning.

    Args:
        path: of the run folder.
        supply: has what its recipe names.
        wishes: another number of steps, or strictness.
        observers: who watches, beside those that the recipe names.

    Raises:
        UsageError: this is no run folder; or the number of processes is another; or another process writes to it.
        CheckpointError: no checkpoint can be read.
        AssumptionViolated: a strict run's newest check found one.
        DataError, DivergenceError, InterruptedRun, StorageError: as :func:`start` does.
    """
    with ExitStack() as held:
        left = _found(path, supply, wishes, held)
        if left.begun:
            with computing(left.plan.recipe.compute) as ranks:
                if (trainer := _go_on(left, ranks, observers)) is not None:
                    trainer.run()
            return left.folder
    return _begin(left, observers)  # the start takes the lock itself


@contextmanager
def resuming(path: Path, supply: Supply, ranks: Ranks) -> Iterator[Trainer | None]:
    """A trainer of a run as it was left, whose folder is this process's inside the block; ``None``: it is complete.

    Raises:
        GpregError: as for :func:`resume`.
    """
    with ExitStack() as held:
        left = _found(path, supply, Wishes(), held)
        if left.begun:
            yield _go_on(left, ranks, ())
            return
    _tell_new(left)
    origin = Origin.read(left.init) if left.init else None
    with starting(left.plan, path, ranks, strict=left.strict, origin=origin) as trainer:
        yield trainer


@dataclass(frozen=True, kw_only=True)
class _Left:
    """A run as it was left, and what is asked of it now.

    Attributes:
        folder: of the run.
        plan: of its recipe.
        made_with: its ``environment.json``.
        wishes: of whoever resumes it.
    """

    folder: RunFolder
    plan: Plan
    made_with: Mapping[str, Any]
    wishes: Wishes

    @property
    def begun(self) -> bool:
        """Whether there is anything to go on from."""
        return bool(self.folder.checkpoints.steps()) or self.folder.begun()

    @property
    def strict(self) -> bool:
        """Whether it stops where an assumption is violated."""
        return self.made_with.get("strict") is True if self.wishes.strict is None else self.wishes.strict

    @property
    def init(self) -> Path | None:
        """The run whose weights this one was to begin with."""
        init = self.made_with.get("init")
        origin = init.get("run") if isinstance(init, dict) else None
        return Path(origin) if isinstance(origin, str) else None


def _found(path: Path, supply: Supply, wishes: Wishes, held: ExitStack) -> _Left:
    """A run as it was left; ``held`` keeps its lock."""
    folder = RunFolder.open(path)
    if is_main():
        held.enter_context(writing(path))
        mend(path)
    return _Left(folder=folder, plan=folder.plan(supply), made_with=folder.read_document(ENVIRONMENT), wishes=wishes)


def _tell_new(left: _Left) -> None:
    _log.info("the run in %s never did a step: it starts from its beginning", left.folder.path)


def _begin(left: _Left, observers: Iterable[Observer]) -> RunFolder:
    """Start a run that never did a step from its beginning."""
    _tell_new(left)
    plan = left.plan if left.wishes.steps is None else extended(left.plan, left.wishes.steps, done=0)[0]
    return start(plan, left.folder.path, strict=left.strict, init=left.init, observers=observers)


def _go_on(left: _Left, ranks: Ranks, observers: Iterable[Observer]) -> Trainer | None:
    """Restore the newest checkpoint; ``None``: the last step is done."""
    folder, strict = left.folder, left.strict
    checkpoint = _newest(folder)
    plan, note = _wanted(left.plan, left.wishes, checkpoint.step)
    if checkpoint.step >= plan.recipe.training.steps:
        _log.info("%s is complete: %d generator steps are done", folder.path, checkpoint.step)
        return None
    advisors = Advisors(plan, strict=strict)
    if strict:
        advisors.recall(folder)
    setup = set_up(plan, ranks=ranks)
    tick = restore(setup, checkpoint)
    ranks.any(False, setup.device)  # nobody forgets a checkpoint that another process has yet to read
    onlookers = Onlookers.of(setup, observers)
    if ranks.main:
        _rewind(folder, plan.recipe, checkpoint.step, again=tick is not None)
        _log.info("going on from generator step %d of %d", checkpoint.step, plan.recipe.training.steps)
        if note:
            _log.info("Note: %s", note)
        _keep(left, plan, data_document(setup.data, onlookers.held_out, dataset=plan.recipe.dataset.name))
    return Trainer(setup, folder, onlookers, advisors, step=checkpoint.step, resumed=True, tick=tick, strict=strict)


def _newest(folder: RunFolder) -> Checkpoint:
    try:
        return folder.checkpoints.load()
    except CheckpointError as error:
        again = f"`gpreg train {folder.path / RECIPE} --out {folder.path} --overwrite` starts the run anew"
        raise CheckpointError(error.message, remedy=again) from error


def _wanted(plan: Plan, wishes: Wishes, done: int) -> tuple[Plan, str]:
    """The plan with the new number of steps, and a note for the user on it."""
    if wishes.steps is None:
        return plan, ""
    if wishes.steps < 1:
        raise UsageError(f"--steps {wishes.steps} is no number of steps", remedy=f"choose {done + 1} or more")
    return extended(plan, wishes.steps, done=done)


def _rewind(folder: RunFolder, recipe: Recipe, step: int, *, again: bool) -> None:
    """Remove what is later than a step; with ``again``, also what training wrote at exactly this step."""
    scores = seed_for(recipe.training.seed, "scores")

    def written_by_training(row: Mapping[str, Any]) -> bool:
        return "metric" not in row or row.get("provenance", {}).get("seed") == scores  # others are evaluate's

    folder.rewind(step, written_by_training if again else None)


def _keep(left: _Left, plan: Plan, known: Mapping[str, Any]) -> None:
    """Write what has changed since the run began; if notes on the data have changed, log them again."""
    folder = left.folder
    if left.wishes.steps is not None:
        write_file(folder.path / RECIPE, write(plan.recipe))
    now_with = {**left.made_with, "strict": left.strict, **renewed(left.made_with, plan.recipe, plan.registry)}
    if now_with != left.made_with:
        folder.document(ENVIRONMENT, now_with)
    before = folder.read_document(DATA)
    if known["notes"] != before.get("notes"):
        for note in known["notes"]:
            _log.info("Note: %s", note)
    if known != before:
        folder.document(DATA, known)

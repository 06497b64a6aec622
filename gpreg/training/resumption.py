"""A run that goes on from where it was left."""

import logging
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
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
from gpreg.training.device import cpu_threads
from gpreg.training.distributed import connected, is_main
from gpreg.training.extension import extended
from gpreg.training.restoration import restore
from gpreg.training.run import start, train
from gpreg.training.seeds import seed_for
from gpreg.training.setup import set_up
from gpreg.training.watching import build_observers, critic_gap

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is asked of a run that is resumed.

    Attributes:
        steps: in all, from now on; ``None``: as many as its recipe says.
        strict: whether it stops where an assumption is violated; ``None``: as it did until now.
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
    folder = RunFolder.open(path)
    with ExitStack() as held:
        if is_main():
            held.enter_context(writing(path))
            mend(path)
        plan = folder.plan(supply)
        made_with = folder.read_document(ENVIRONMENT)
        strict = made_with.get("strict") is True if wishes.strict is None else wishes.strict
        if not folder.checkpoints.steps() and not folder.begun():
            held.close()  # the start takes the lock itself
            _log.info("the run in %s never did a step: it starts from its beginning", path)
            if wishes.steps is not None:
                plan = extended(plan, wishes.steps, done=0)[0]
            init = _init(made_with)
            return start(plan, path, strict=strict, init=init, observers=observers)
        with connected(plan.recipe.compute) as ranks, cpu_threads(plan.recipe.compute.threads):
            checkpoint = _newest(folder)
            plan, note = _wanted(plan, wishes, checkpoint.step)
            recipe = plan.recipe
            if checkpoint.step >= recipe.training.steps:
                _log.info("%s is complete: %d generator steps are done", path, checkpoint.step)
                return folder
            advisors = Advisors(plan, strict=strict)
            if strict:
                advisors.recall(folder)
            setup = set_up(plan, ranks=ranks)
            tick = restore(setup, checkpoint)
            ranks.any(False, setup.device)  # nobody forgets a checkpoint that another process has yet to read
            watching = [*observers, *build_observers(plan)] if ranks.main else []
            gap, held_out = critic_gap(setup) if ranks.main else (None, None)
            if ranks.main:
                if wishes.steps is not None:
                    write_file(path / RECIPE, write(recipe))
                _rewind(folder, recipe, checkpoint.step, again=tick is not None)
                now_with = {**made_with, "strict": strict, **renewed(made_with, recipe, plan.registry)}
                if now_with != made_with:
                    folder.document(ENVIRONMENT, now_with)
                _log.info("going on from generator step %d of %d", checkpoint.step, recipe.training.steps)
                if note:
                    _log.info("Note: %s", note)
                _keep_data(folder, data_document(setup.data, held_out, dataset=recipe.dataset.name))
            train(
                setup,
                folder,
                watching,
                gap,
                advisors,
                step=checkpoint.step,
                resumed=True,
                tick=tick,
                strict=strict,
            )
    return folder


def _init(made_with: Mapping[str, Any]) -> Path | None:
    """The run whose weights this one was to begin with."""
    init = made_with.get("init")
    origin = init.get("run") if isinstance(init, dict) else None
    return Path(origin) if isinstance(origin, str) else None


def _newest(folder: RunFolder) -> Checkpoint:
    try:
        return folder.checkpoints.load()
    except CheckpointError as error:
        again = f"`gpreg train {folder.path / RECIPE} --out {folder.path} --overwrite` starts the run anew"
        raise CheckpointError(error.message, remedy=again) from error


def _wanted(plan: Plan, wishes: Wishes, done: int) -> tuple[Plan, str]:
    """The plan with as many steps as are asked for, and what to say of it."""
    if wishes.steps is None:
        return plan, ""
    if wishes.steps < 1:
        raise UsageError(f"--steps {wishes.steps} is no number of steps", remedy=f"choose {done + 1} or more")
    return extended(plan, wishes.steps, done=done)


def _rewind(folder: RunFolder, recipe: Recipe, step: int, *, again: bool) -> None:
    """Forget what came after a step; with ``again``, what the run itself wrote at this very step, too."""
    scores = seed_for(recipe.training.seed, "scores")

    def own(row: Mapping[str, Any]) -> bool:
        return "metric" not in row or row.get("provenance", {}).get("seed") == scores  # others are evaluate's

    folder.rewind(step, own if again else None)


def _keep_data(folder: RunFolder, known: dict[str, Any]) -> None:
    """Tell the notes on the data again if they are others than the run began with, and keep what has changed."""
    before = folder.read_document(DATA)
    if known["notes"] != before.get("notes"):
        for note in known["notes"]:
            _log.info("Note: %s", note)
    if known != before:
        folder.document(DATA, known)

"""A run that goes on from where it was left."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpreg.disk.atomic import write as write_file
from gpreg.errors import UsageError
from gpreg.interfaces import Observer
from gpreg.recipe import Recipe, read, write
from gpreg.registry.registry import Registry
from gpreg.runs.checkpoint import Checkpoint, CheckpointError
from gpreg.runs.data import DATA, DataAccess, data_document
from gpreg.runs.environment import ENVIRONMENT
from gpreg.runs.folder import RECIPE, RunFolder
from gpreg.runs.lock import writing
from gpreg.runs.replacement import mend
from gpreg.training.device import cpu_threads
from gpreg.training.distributed import connected, is_main
from gpreg.training.experiment import set_up
from gpreg.training.extension import extended
from gpreg.training.restoration import restore
from gpreg.training.run import silent, start, train
from gpreg.training.seeds import seed_for
from gpreg.training.watching import build_observers, critic_gap
from gpreg_theory.advice.checks import Checks


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is asked of a run that is resumed.

    Attributes:
        steps: in all, from now on; ``None``: as many as its recipe says.
        strict: whether it stops where an assumption is violated; ``None``: as it did until now.
    """

    steps: int | None = None
    strict: bool | None = None


def resume(
    path: Path,
    registry: Registry,
    *,
    access: DataAccess,
    wishes: Wishes = Wishes(),
    observers: Iterable[Observer] = (),
    tell: Callable[[str], None],
) -> RunFolder:
    """Continue a run from its newest checkpoint that is whole; its weights end as if it had never stopped.

    A run that never came to a first checkpoint starts from its beginning.

    Args:
        path: of the run folder.
        registry: supplies what its recipe names.
        access: how this machine gets at data.
        wishes: another number of steps, or strictness.
        observers: who watches, beside those that the recipe names.
        tell: told in words what a user should know.

    Raises:
        UsageError: this is no run folder; or the number of processes is another; or another process writes to it.
        CheckpointError: no checkpoint can be read.
        AssumptionViolated: a strict run's newest check found one.
        DataError, DivergenceError, InterruptedRun, StorageError: as :func:`start` does.
    """
    folder = RunFolder.open(path)
    with ExitStack() as held:
        if is_main():
            held.enter_context(writing(path, tell))
            mend(path, tell)
        recipe = read(folder.recipe, origin=str(path / RECIPE), registry=registry)
        made_with = folder.read_document(ENVIRONMENT)
        strict = made_with.get("strict") is True if wishes.strict is None else wishes.strict
        if not folder.checkpoints.steps() and not folder.begun():
            held.close()  # the start takes the lock itself
            tell(f"the run in {path} never did a step: it starts from its beginning")
            if wishes.steps is not None:
                recipe = extended(recipe, wishes.steps, done=0, registry=registry)[0]
            init = _init(made_with)
            return start(
                recipe, registry, path, access=access, strict=strict, init=init, observers=observers, tell=tell
            )
        with connected(recipe.compute, tell) as ranks, cpu_threads(recipe.compute.threads):
            tell = tell if ranks.main else silent
            checkpoint = _newest(folder, tell)
            recipe, note = _wanted(recipe, wishes, checkpoint.step, registry)
            if checkpoint.step >= recipe.training.steps:
                tell(f"{path} is complete: {checkpoint.step} generator steps are done")
                return folder
            if strict:
                Checks(folder).refuse()
            experiment = set_up(recipe, registry, access=access, ranks=ranks)
            tick = restore(experiment, checkpoint)
            ranks.any(False, experiment.device)  # nobody forgets a checkpoint that another process has yet to read
            watching = [*observers, *build_observers(recipe, registry)] if ranks.main else []
            gap, held_out = critic_gap(experiment, access, tell) if ranks.main else (None, None)
            if ranks.main:
                if wishes.steps is not None:
                    write_file(path / RECIPE, write(recipe))
                _rewind(folder, recipe, checkpoint.step, again=tick is not None)
                if made_with.get("strict") is not strict:
                    folder.document(ENVIRONMENT, {**made_with, "strict": strict})
                tell(f"going on from generator step {checkpoint.step} of {recipe.training.steps}")
                if note:
                    tell(f"Note: {note}")
                _keep_data(folder, data_document(experiment.data, held_out, dataset=recipe.dataset.name), tell)
            train(
                experiment,
                folder,
                watching,
                tell,
                gap,
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


def _newest(folder: RunFolder, tell: Callable[[str], None]) -> Checkpoint:
    try:
        return folder.checkpoints.load(tell)
    except CheckpointError as error:
        again = f"`gpreg train {folder.path / RECIPE} --out {folder.path} --overwrite` starts the run anew"
        raise CheckpointError(error.message, remedy=again) from error


def _wanted(recipe: Recipe, wishes: Wishes, done: int, registry: Registry) -> tuple[Recipe, str]:
    """The recipe with as many steps as are asked for, and what to say of it."""
    if wishes.steps is None:
        return recipe, ""
    if wishes.steps < 1:
        raise UsageError(f"--steps {wishes.steps} is no number of steps", remedy=f"choose {done + 1} or more")
    return extended(recipe, wishes.steps, done=done, registry=registry)


def _rewind(folder: RunFolder, recipe: Recipe, step: int, *, again: bool) -> None:
    """Forget what came after a step; with ``again``, what the run itself wrote at this very step, too."""
    scores = seed_for(recipe.training.seed, "scores")

    def own(row: Mapping[str, Any]) -> bool:
        return "metric" not in row or row.get("provenance", {}).get("seed") == scores  # others are evaluate's

    folder.rewind(step, own if again else None)


def _keep_data(folder: RunFolder, known: dict[str, Any], tell: Callable[[str], None]) -> None:
    """Tell the notes on the data again if they are others than the run began with, and keep what has changed."""
    before = folder.read_document(DATA)
    if known["notes"] != before.get("notes"):
        for note in known["notes"]:
            tell(f"Note: {note}")
    if known != before:
        folder.document(DATA, known)

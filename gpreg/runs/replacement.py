"""A new run takes the place of what its folder held: when it has done its first step, and not at all if it cannot.

What was there waits in a hidden folder meanwhile, so that a process that is killed between any two steps loses nothing
of it: whoever starts or resumes a run there next puts things right first.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpreg.disk.atomic import clear_partials, partial_beside, remove, sync_folder, write
from gpreg.disk.refusal import storage
from gpreg.disk.regular import check_regular
from gpreg.runs.folder import BEFORE, CHECKPOINTS, MOVING, RECIPE, SAMPLES, RunFolder, check_free
from gpreg.runs.lock import LOCK, refuse_live, writing

_log = logging.getLogger(__name__)


def check_replaceable(path: Path, *, overwrite: bool) -> None:
    """Find out whether a new run may begin in a folder, before anything is computed or written.

    Raises:
        UsageError: something is there, or it holds what is neither file nor folder, or another process writes to it.
    """
    check_free(path, overwrite=overwrite)
    if path.is_dir():
        check_regular(path, inside=(CHECKPOINTS, SAMPLES))
        refuse_live(path)


class Replacement:
    """A run that is about to begin.

    Attributes:
        folder: of the run; this process alone writes to it.
        begun: whether it has.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.begun = folder, False

    def begin(self) -> None:
        """The new run stands: let go of what was there."""
        if not self.begun:
            self.begun = True
            with storage(self.folder.path):
                _let_go(self.folder.path)


@contextmanager
def replacing_run(path: Path, recipe: str, *, overwrite: bool = False) -> Iterator[Replacement]:
    """A folder for a new run, which is as it was before if that fails before it has begun.

    Args:
        path: of the folder; its parents are made too.
        recipe: complete, as TOML.
        overwrite: replace the run that is there.

    Raises:
        UsageError: something is there, or another process writes to it.
        StorageError: the folder cannot be written.
    """
    check_free(path, overwrite=overwrite)
    missing = [place for place in (path, *path.parents) if not place.exists()]
    try:
        with storage(path):
            path.mkdir(parents=True, exist_ok=True)
        check_regular(path, inside=(CHECKPOINTS, SAMPLES))
        with writing(path):
            mend(path)
            check_free(path, overwrite=overwrite)
            with _replaced(RunFolder(path)) as new:
                with storage(path):
                    for name in (CHECKPOINTS, SAMPLES):
                        (path / name).mkdir()
                write(path / RECIPE, recipe)
                yield new
    except BaseException:
        for place in missing:
            with suppress(OSError):  # it is not empty: the run has begun
                place.rmdir()
        raise


def mend(path: Path) -> None:
    """Put right what a process that was killed while its run began has left; this process alone writes there.

    Raises:
        StorageError: the folder cannot be written.
    """
    with storage(path):
        if RunFolder(path).begun():
            _let_go(path)
        if (path / BEFORE).is_dir() or (path / MOVING).is_dir():
            put_back(path)
            _log.info("the run that was to replace the one in %s never began; what was there is back", path)
        if (path / RECIPE).is_file():
            clear_partials(path)


@contextmanager
def _replaced(folder: RunFolder) -> Iterator[Replacement]:
    new, path = Replacement(folder), folder.path
    try:
        with storage(path):
            if contents(path):
                (path / MOVING).mkdir()
                for name in contents(path):
                    (path / name).rename(path / MOVING / name)
                (path / MOVING).rename(path / BEFORE)
        yield new
    except BaseException:
        if not new.begun:
            with storage(path):
                put_back(path)
        raise


def _let_go(path: Path) -> None:
    """Remove what was set aside: from one moment to the next there is nothing to be put back any more."""
    if (path / BEFORE).is_dir():
        doomed = partial_beside(path / BEFORE)
        (path / BEFORE).replace(doomed)
        remove(doomed)


def put_back(path: Path) -> None:
    """Undo a replacement, wherever it was interrupted; what was there is back, and what is new is gone.

    Raises:
        OSError: it could not be undone; nothing of what was there is lost.
    """
    if not (path / MOVING).is_dir():
        for name in contents(path):
            remove(path / name)
        if (path / BEFORE).is_dir():
            (path / BEFORE).rename(path / MOVING)
    if (path / MOVING).is_dir():
        for kept in (path / MOVING).iterdir():
            kept.rename(path / kept.name)
        (path / MOVING).rmdir()
        sync_folder(path)


def contents(path: Path) -> list[str]:
    """The names of what a folder holds, without the lock and what is set aside."""
    return sorted(entry.name for entry in path.iterdir() if entry.name not in (LOCK, MOVING, BEFORE))

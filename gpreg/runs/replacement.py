"""Replace an old run in a folder by a new one, but only after the new one has done its first step.

Until then the old run is kept in a hidden folder. So nothing of it is lost if the process is killed at any moment: the
next start or resume in this folder restores it first.
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
    """Check, before anything is computed or written, that a new run may begin in a folder.

    Raises:
        UsageError: the folder contains what may not be replaced, or something that is neither file nor folder, or
            another process writes to it.
    """
    check_free(path, overwrite=overwrite)
    if path.is_dir():
        check_regular(path, inside=(CHECKPOINTS, SAMPLES))
        refuse_live(path)


class Replacement:
    """A new run that is about to begin in a folder.

    Attributes:
        folder: the run's folder, which this process has locked.
        begun: whether the new run has begun.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.begun = folder, False

    def begin(self) -> None:
        """Declare that the new run has begun, and remove the old one."""
        if not self.begun:
            self.begun = True
            with storage(self.folder.path):
                _let_go(self.folder.path)


@contextmanager
def replacing_run(path: Path, recipe: str, *, overwrite: bool = False) -> Iterator[Replacement]:
    """Make a folder for a new run; if the block fails before the run has begun, the folder is restored.

    Args:
        path: path of the folder; its parents are made too.
        recipe: the complete recipe, as TOML.
        overwrite: whether to replace an existing run.

    Raises:
        UsageError: the folder contains what may not be replaced, or another process writes to it.
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
            with suppress(OSError):  # the folder is not empty if the run has begun
                place.rmdir()
        raise


def mend(path: Path) -> None:
    """Restore a folder after a process was killed while its run began; the caller holds the folder's lock.

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
    """Remove the old run; one rename makes this final before anything is deleted."""
    if (path / BEFORE).is_dir():
        doomed = partial_beside(path / BEFORE)
        (path / BEFORE).replace(doomed)
        remove(doomed)


def put_back(path: Path) -> None:
    """Undo a replacement that was interrupted at any point: restore the old run, and remove the new one.

    Raises:
        OSError: it could not be undone; nothing of the old run is lost.
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
    """The names in a folder, without the lock and the hidden folders of a replacement."""
    return sorted(entry.name for entry in path.iterdir() if entry.name not in (LOCK, MOVING, BEFORE))

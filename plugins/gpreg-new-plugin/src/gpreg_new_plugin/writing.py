"""Write a folder whole or not at all: into a temporary one beside it, which is then renamed."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from gpreg.disk.regular import kind_of
from gpreg.errors import UsageError

_ADVICE = "choose a folder that can be written with --into FOLDER"


def check(folder: Path) -> None:
    """Refuse a folder into which a package cannot be written.

    Raises:
        UsageError: it is a file, is not empty, or lies in a folder that is not there.
    """
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            what = kind_of(folder.lstat().st_mode)
            raise UsageError(f"{folder} is {what}, not a folder that could be filled", remedy=_another(folder))
        if folder.is_dir() and (there := sorted(entry.name for entry in folder.iterdir())):
            told = ", ".join(there[:3]) + (", ..." if len(there) > 3 else "")
            raise UsageError(f"the folder {folder} is not empty ({told}); nothing is written", remedy=_another(folder))
        if not folder.absolute().parent.is_dir():
            above = folder.parent
            raise UsageError(f"{folder} cannot be made: there is no folder {above}", remedy=f"type mkdir -p {above}")
    except OSError as error:
        raise _refused(folder, error) from error


def write(folder: Path, texts: Mapping[PurePosixPath, str]) -> None:
    """Write files into a folder that is not there, or is empty.

    Args:
        folder: the folder; the one around it must exist.
        texts: the files' texts by their paths in the folder.

    Raises:
        UsageError: it cannot be written, or has been filled meanwhile. Nothing of it is left.
    """
    check(folder)
    target = folder.absolute()
    try:
        partial = Path(mkdtemp(prefix=f".{target.name}-", suffix=".partial", dir=target.parent))
    except OSError as error:
        raise _refused(folder, error) from error
    try:
        for path, text in texts.items():
            place = partial / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
        _move(partial, target)
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _move(partial: Path, target: Path) -> None:
    if not target.exists():
        partial.chmod(0o777 & ~_umask())  # a temporary folder is its owner's alone
        partial.rename(target)
        return
    moved = []
    try:
        for entry in sorted(partial.iterdir()):  # a shell may be in the empty folder, so it stays the same one
            if os.path.lexists(target / entry.name):
                raise FileExistsError(errno.EEXIST, "it has been filled meanwhile", str(target))
            moved.append(entry.rename(target / entry.name))
    except BaseException:
        for entry in moved:
            entry.rename(partial / entry.name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _another(folder: Path) -> str:
    return f"choose another one, such as --into {folder.with_name(f'{folder.absolute().name}-2')}"


def _refused(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write {folder}: {error.strerror or error}; nothing is left of it", remedy=_ADVICE)

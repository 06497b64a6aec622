"""The commit of a folder, read from git's files: git itself would run programs that the folder's settings name."""

import re
from pathlib import Path

from gpreg.disk.regular import NotRegular, TooLarge, read_bytes

_MOST = 2**26
"""Most bytes that are read of a file of refs, enough for hundreds of thousands of them."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"ref: (refs/[^\x00-\x20\x7f]+)")


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out in a folder; ``None`` outside git.

    It does not say whether files have been changed: to find out, git would run filters and monitors that the
    repository configures, and that may be a stranger's.
    """
    try:
        for place in (folder, *folder.parents):
            if (place / ".git").exists():
                return _head(_directory(place))
    except (OSError, UnicodeDecodeError, NotRegular, TooLarge):
        pass
    return None


def _directory(place: Path) -> Path:
    """Git's folder for a working tree: ``.git``, or the folder that a file of that name points to."""
    git = place / ".git"
    if git.is_dir():
        return git
    return place / _text(git).removeprefix("gitdir:").strip()


def _head(directory: Path) -> str | None:
    head = _text(directory / "HEAD").strip()
    ref = _REF.fullmatch(head)
    if ref is None:
        return _commit(head)
    if ".." in ref[1].split("/"):
        return None
    try:
        shared = directory / _text(directory / "commondir").strip()  # where a second working tree finds the refs
    except FileNotFoundError:
        shared = directory
    for place in (directory, shared):
        if (place / ref[1]).is_file():
            return _commit(_text(place / ref[1]).strip())
    return _packed(shared, ref[1])


def _packed(directory: Path, ref: str) -> str | None:
    """The commit of a ref that git has packed into one file with others."""
    for line in _text(directory / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return _commit(commit)
    return None


def _commit(word: str) -> str | None:
    return word if _COMMIT.fullmatch(word) else None


def _text(path: Path) -> str:
    return read_bytes(path, _MOST).decode()

"""Explain errors of the machine, which are no fault of gpreg or a plugin: out of memory, disk full, bad names."""

import errno
import re
from collections.abc import Iterator

from gpreg.errors import GpregError, UsageError

_NO_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|out of memory|bad_alloc|Invalid buffer size|insufficient memory",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"Storage size calculation overflowed|integer multiplication overflow|Overflow when unpacking|too large to convert"
    r"|Maximum allowed dimension|array is too big|size is too large|exceeds? maximum size|cannot fit 'int'"
)
_NAMES = {errno.ENAMETOOLONG, errno.ELOOP, errno.EILSEQ}
_SPACE = {errno.ENOSPC, errno.EDQUOT}

_LESS = (
    "lower what memory grows with: --batch-size, widths such as -A width=64, the size of images, "
    "report.check_samples or report.score_samples; --set training.accumulate=4 computes a batch in four parts"
)


def meaning(error: BaseException) -> GpregError | None:
    """An error of the machine as one of gpreg's, with exit code and remedy; ``None`` for any other error.

    The chain of causes is searched too, because errors while a plugin is built are wrapped.
    """
    for cause in _chain(error):
        said = " ".join(str(cause).split())[:300]
        if isinstance(cause, MemoryError) or type(cause).__name__ == "OutOfMemoryError" or _NO_MEMORY.search(said):
            return GpregError(f"there is not enough memory{': ' if said else ''}{said}", remedy=_LESS)
        if isinstance(cause, RuntimeError | TypeError | ValueError | OverflowError) and _TOO_LARGE.search(said):
            return UsageError("this asks for more numbers than any memory can hold", remedy=_LESS)
        if isinstance(cause, OSError) and cause.errno in _NAMES:
            return UsageError(f"{cause.strerror}: {str(cause.filename)[:80]!r}...", remedy="choose another name")
        if isinstance(cause, OSError) and cause.errno in _SPACE:
            where = f" {cause.filename}" if cause.filename else ""
            return GpregError(f"cannot write{where}: {cause.strerror}", remedy="free some space")
        if isinstance(cause, ValueError) and "embedded null" in said:
            return UsageError("a file's name cannot have a NUL character in it")
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__

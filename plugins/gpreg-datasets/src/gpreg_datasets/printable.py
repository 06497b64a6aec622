"""Turn names of files into text that is safe for terminals and JSON."""

import os
from collections.abc import Sequence

from gpreg.registry.wording import spelled


def printable(name: str | os.PathLike[str]) -> str:
    """The name with escapes, as Python writes them, for bytes that are no UTF-8 and characters that do not print."""
    return "".join(each if each.isprintable() else spelled(each) for each in os.fspath(name))


def some(names: Sequence[str], most: int) -> str:
    """The first few of many names: ``a, b, c and 17 more``."""
    told = ", ".join(printable(name) for name in names[:most])
    return told if len(names) <= most else f"{told} and {len(names) - most:,} more"

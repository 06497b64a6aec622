"""Decide by the names of files which of them are held out from training."""

import hashlib
from collections.abc import Hashable, Sequence


def place(name: str) -> float:
    """A number in [0, 1) that depends on the name only: the first eight bytes of its SHA-256, as a fraction.

    Args:
        name: the file's path below its folder, with ``/`` as separator on every system.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53  # a float has a mantissa of 53 bits


def hold_out(names: Sequence[str], share: float, groups: Sequence[Hashable] | None = None) -> tuple[bool, ...]:
    """Which files are held out: those whose :func:`place` is below ``share``.

    So a file is in the same split on every machine, whatever other files are added or removed, with one exception: if
    all files of a group would be held out, the one with the greatest place is used for training.

    Args:
        names: names of the files.
        share: the share of files that is held out, on average.
        groups: the group of each file, such as its class; ``None``: all are in one group.
    """
    places = [place(name) for name in names]
    of = groups if groups is not None else [None] * len(names)
    last: dict[Hashable, int] = {}
    for number, group in enumerate(of):
        if group not in last or places[number] > places[last[group]]:
            last[group] = number
    return tuple(
        at < share and last[group] != number for number, (at, group) in enumerate(zip(places, of, strict=True))
    )

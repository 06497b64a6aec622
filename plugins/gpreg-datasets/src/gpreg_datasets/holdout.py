"""Which files are kept back from training: decided by each file's own name."""

import hashlib
from collections.abc import Hashable, Sequence


def place(name: str) -> float:
    """A number in [0, 1) that the name fixes: the first eight bytes of its SHA-256, as a fraction.

    Args:
        name: the file's path below its folder, with ``/`` between its parts, on every system.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53  # as many bits as a float has


def hold_out(names: Sequence[str], share: float, groups: Sequence[Hashable] | None = None) -> tuple[bool, ...]:
    """Which files are held out: those whose :func:`place` is below ``share``.

    So a file stays where it is whatever others come or go, on every machine. The one exception keeps training from
    having nothing: if all files of a group would be held out, the one with the greatest place is not.

    Args:
        names: of the files.
        share: of the files that is held out, on average.
        groups: to which of them each file belongs, such as its class; ``None``: all to the same.
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

"""The classes of a dataset: names of the labels, and numbers of samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpreg.errors import CheckpointError, UsageError, did_you_mean
from gpreg.interfaces import Data

LONGEST = 100
"""Most characters of a class's name that its folder's name keeps."""


@dataclass(frozen=True, kw_only=True)
class Classes:
    """The labels 0, ..., number - 1.

    Attributes:
        number: number of classes.
        names: names of the labels, in their order; ``None``: they have none.
        counts: number of samples of each label; ``None``: unknown.
    """

    number: int
    names: tuple[str, ...] | None = None
    counts: tuple[int, ...] | None = None

    @classmethod
    def of(cls, data: Data) -> "Classes | None":
        """The classes of a dataset; ``None`` without labels."""
        if data.spec.classes is None:
            return None
        return cls(number=data.spec.classes, names=data.class_names, counts=data.class_counts)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "Classes | None":
        """The inverse of :meth:`to_table`; older tables have the number ``classes`` only, without names and counts.

        Raises:
            CheckpointError: there is not one name or one count for each class.
        """
        number = table["classes"]
        if number is None:
            return None
        names, counts = table.get("class_names"), table.get("class_counts")
        for key, values, kind in (("class_names", names, str), ("class_counts", counts, int)):
            right = isinstance(values, list) and len(values) == number and all(type(value) is kind for value in values)
            if values is not None and not right:
                raise CheckpointError(f"the checkpoint is damaged: {key} is not a list of {number} {kind.__name__}")
        if counts is not None and (min(counts) < 0 or not 0 < sum(counts) < 2**63):
            raise CheckpointError("the checkpoint is damaged: class_counts are no numbers of samples")
        return cls(number=number, names=names and tuple(names), counts=counts and tuple(counts))

    def to_table(self) -> dict[str, Any]:
        """Names and counts as JSON data."""
        return {
            "class_names": None if self.names is None else list(self.names),
            "class_counts": None if self.counts is None else list(self.counts),
        }

    def name(self, label: int) -> str:
        """The name of a label, or its number if it has no name."""
        return str(label) if self.names is None else self.names[label]

    def label(self, word: str) -> int:
        """The label with a name or a number; a name has precedence.

        Raises:
            UsageError: there is no such label; names the nearest.
        """
        if self.names is not None and word in self.names:
            return self.names.index(word)
        if word.isascii() and word.isdecimal() and len(word) < LONGEST and int(word) < self.number:
            return int(word)
        numbers = f"a number from 0 to {self.number - 1}"
        if self.names is None:
            raise UsageError(f"there is no class {word!r}: the classes have no names", remedy=f"give {numbers}")
        near = "" if word.isdecimal() else did_you_mean(word, self.names)
        shown = ", ".join(self.names[:20]) + (", ..." if self.number > 20 else "")
        raise UsageError(f"there is no class {word!r}{near}", remedy=f"classes are {shown}; or give {numbers}")

    def folders(self) -> tuple[str, ...]:
        """A folder name for each class, distinct on any file system and without path separators.

        The label's number is appended to names that cannot be folder names or are not distinct, and replaces missing
        names. All numbers have as many digits as the largest, so that they sort correctly.
        """
        digits = len(str(self.number - 1))
        numbers = [f"{label:0{digits}d}" for label in range(self.number)]
        if self.names is None:
            return tuple(numbers)
        plain = [_plain(name) for name in self.names]
        if len({name.casefold() for name in plain}) == self.number and all(plain):
            return tuple(plain)
        return tuple(f"{name}-{number}".lstrip("-") for name, number in zip(plain, numbers, strict=True))


def _plain(name: str) -> str:
    """The letters, digits and a few other characters of a name, cut: safe as the name of a visible folder."""
    kept = "".join(char if char.isalnum() or char in " -_.+" else "_" for char in name[:LONGEST])
    while len(kept.encode()) > 2 * LONGEST:
        kept = kept[:-1]
    return kept.strip(" .")

"""What the words after ``gpreg verify`` name: a function in a file or a module, or an installed plugin."""

from dataclasses import dataclass
from pathlib import Path

from gpreg.errors import UsageError, did_you_mean
from gpreg.registry.kinds import KINDS
from gpreg.registry.registry import Registry

HOW = "a function is FILE.py:FUNCTION or package.module:function; `gpreg plugins` lists the plugins"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A function to examine.

    Attributes:
        word: how the user named it.
        source: path of a Python file, or the name of a module.
        attribute: what it is called there, ``"penalty"`` or ``"Trainer.penalty"``; empty: the file's only penalty.

    >>> Target.of("losses.py:r1")
    Target(word='losses.py:r1', source='losses.py', attribute='r1')
    >>> Target.of("mine.losses:Trainer.penalty").attribute
    'Trainer.penalty'
    >>> Target.of("metrics") is None
    True
    """

    word: str
    source: str
    attribute: str = ""

    @classmethod
    def of(cls, word: str) -> "Target | None":
        """The function that a word names: it has a colon, or ends in ``.py``. ``None``: it names none."""
        source, colon, attribute = word.rpartition(":")
        source = source.removesuffix(":")  # FILE.py::FUNCTION, as pytest writes it
        if not colon or attribute.endswith(".py") or "/" in attribute or "\\" in attribute:  # a colon in a path
            source, attribute = word, ""
        if not colon and not source.endswith(".py"):
            return None
        return cls(word=word, source=source, attribute=attribute)

    @property
    def is_file(self) -> bool:
        """Whether the source is a file, and not a module's name."""
        return self.source.endswith(".py")

    def check(self) -> None:
        """Refuse what cannot be looked for, before a process is started for it.

        Raises:
            UsageError: there is no such file, or a word is missing on a side of the colon.
        """
        path = Path(self.source).expanduser()
        if self.is_file and not path.is_file():
            near = did_you_mean(path.name, [other.name for other in sorted(path.parent.glob("*.py"))])
            wrong = f"{self.source} is no file" if path.exists() else f"there is no file {self.source}{near}"
            raise UsageError(wrong, remedy=HOW)
        if not self.is_file and (not self.attribute or not all(map(str.isidentifier, self.source.split(".")))):
            raise UsageError(f"{self.word!r} names no function of a module", remedy=HOW)
        if self.attribute and not all(map(str.isidentifier, self.attribute.split("."))):
            raise UsageError(f"{self.attribute!r} cannot be the name of a function", remedy=HOW)


def unknown_plugin(word: str, registry: Registry) -> UsageError:
    """The error for a word that names no plugin: the nearest plugin, or whose the thing is that has this name."""
    for kind in KINDS:
        for spec in registry.list(kind):
            if spec.name == word:
                return UsageError(
                    f"{word!r} is no plugin, but a {kind} that one supplies", remedy=f"`gpreg verify {spec.package}`"
                )
    known = dict.fromkeys(name for record in registry.records for name in (record.name, record.package))
    return UsageError(f"there is no plugin named {word!r}{did_you_mean(word, known)}", remedy=HOW)

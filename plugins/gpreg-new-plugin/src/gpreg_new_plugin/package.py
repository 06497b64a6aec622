"""A package that is to be written: its names, its licence, and what it supplies."""

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from shlex import quote

import gpreg
from gpreg.registry.kinds import KINDS
from gpreg_new_plugin import names
from gpreg_new_plugin.contents import CONTENTS, TOOLS, TRAINING, trial
from gpreg_new_plugin.thing import Thing

LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause")

NONE = "none"
"""What stands for no licence."""

MOST_TOLD = 4
"""How many things a summary names; more are counted."""


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who the licence names.

    >>> Author.of("Ada Lovelace <ada@example.org>")
    Author(name='Ada Lovelace', email='ada@example.org')
    >>> Author.of("The Analysts")
    Author(name='The Analysts', email='')
    """

    name: str
    email: str = ""

    @classmethod
    def of(cls, word: str) -> "Author":
        """An author from a name, or from ``NAME <MAIL>``."""
        name, email = parseaddr(word) if word.endswith(">") else ("", "")
        return cls(name=name, email=email) if name and "@" in email else cls(name=word)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that is to be written.

    Attributes:
        name: the plugin's name, without a prefix.
        things: what it supplies.
        author: who wrote it.
        year: the year of the licence.
        license: its licence by the SPDX identifier, or ``none``.
    """

    name: str
    things: tuple[Thing, ...]
    author: Author
    year: int
    license: str = "MIT"

    @property
    def distribution(self) -> str:
        """Its name for an installer: ``gpreg-wedge``."""
        return names.package_of(self.name)

    @property
    def module(self) -> str:
        """Its name in Python: ``gpreg_wedge``."""
        return names.module_of(self.name)

    @property
    def core(self) -> str:
        """The version of gpreg that it was written for, which is the oldest that it works with."""
        return gpreg.__version__

    @property
    def summary(self) -> str:
        """What it supplies, in a few words."""
        told = [f"the {thing.kind} {thing.name}" for thing in self.things]
        return ", ".join(told) if len(told) <= MOST_TOLD else f"{len(told)} things"

    @property
    def dependencies(self) -> list[str]:
        """What it requires, as lines of ``pyproject.toml``."""
        contents = [CONTENTS[thing.kind] for thing in self.things]
        libraries = {line for content in contents for line in content.requires}
        return sorted({f"gpreg>={self.core}", *libraries, *self._versions(c for e in contents for c in e.supplied)})

    @property
    def test_dependencies(self) -> list[str]:
        """What its tests and its linters require besides."""
        tested = (name for thing in self.things for name in CONTENTS[thing.kind].tested)
        return sorted({*TOOLS, *self._versions((*TRAINING, *tested))})

    def _versions(self, packages: Iterable[str]) -> set[str]:
        return {f"{name}>={self.core}" for name in packages}

    def next(self, folder: str) -> list[str]:
        """What to type next, from the folder in which the command was typed: installed, tested, verified, tried.

        Args:
            folder: the package's folder, as it was named.
        """
        place = folder if folder.startswith((".", "/")) else f"./{folder}"
        return [
            f"pip install -e {quote(f'{place}[test]')}",
            f"pytest {quote(folder)}",
            KINDS[self.things[0].kind].listing,
            f"gpreg verify {self.name}",
            trial(self.things[0]),
        ]

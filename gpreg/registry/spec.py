"""The spec: what a plugin says about a thing that it supplies, as frozen data that is readable without torch."""

import re
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Any

from gpreg.registry.citation import Citation
from gpreg.registry.fields import settle
from gpreg.registry.wording import shown

Factory = str | Callable[..., Any]
"""A class or function, or ``"module:attribute"``, which is imported at the first build."""

_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]{0,99}")
FILE_NAME = re.compile(r"[\w.-]{1,96}\.py")
"""Names of files that may be plugins."""
IN_FILE = re.compile(rf"{FILE_NAME.pattern}:\w{{1,100}}")
"""Names of things that a file defines: ``nets.py:Pair``."""
SESSION = "session"
"""The ``package`` of objects that exist in a Python session only; their names begin with it, ``session.pair``."""
_REFERENCE = re.compile(r"[\w.]{1,500}:\w{1,500}")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """The fields that specs of all kinds have. Name, factory and summary suffice; the others have defaults.

    Args:
        name: what users type: lower case, at most 100 characters. Only one plugin may supply a name.
        factory: the class or function that builds the thing, or ``"module:attribute"``. It is called with an instance
            of ``options`` if there are options, else without arguments.
        summary: one line.
        options: a frozen, keyword-only dataclass whose fields are made by :func:`gpreg.option`, or
            ``"module:attribute"``. It is imported to explain and to build, but not to list.
        cites: citations of the publications that the thing follows.
        package, version: the distribution that supplies the thing; filled in at discovery.
        place: what the thing is and where it is defined, if no package supplies it: ``"Pair (nets.py:12)"``.
    """

    name: str
    factory: Factory
    summary: str
    options: type | str | None = None
    cites: tuple[Citation, ...] = ()
    package: str = ""
    version: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        settle(self, self.name)
        if not _NAME.fullmatch(self.name) and not (self.place and IN_FILE.fullmatch(self.name)):
            raise ValueError(
                f"name {shown(self.name)} must be lower-case letters, digits, '+', '.', '_' or '-', at most 100"
            )
        reference = isinstance(self.factory, str) and _REFERENCE.fullmatch(self.factory)
        if not reference and not callable(self.factory):
            raise ValueError(f"factory {shown(self.factory)} of {self.name!r} must be 'module:attribute' or a callable")
        named = isinstance(self.options, str) and _REFERENCE.fullmatch(self.options)
        if self.options is not None and not named and not is_dataclass(self.options):
            raise TypeError(
                f"options of {self.name!r} must be a dataclass or 'module:attribute', not {shown(self.options)}"
            )

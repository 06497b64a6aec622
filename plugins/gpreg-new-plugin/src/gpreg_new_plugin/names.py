"""The names of a new plugin and of its things: which are possible, which are taken, and the nearest that is free."""

import keyword
import re
import sys
import unicodedata
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count

from gpreg.cli.main import COMMANDS
from gpreg.errors import UsageError
from gpreg.registry.kinds import COMMAND
from gpreg.registry.registry import Registry
from gpreg.registry.wording import shown

LONGEST = 30
"""Most characters of a name. Lines of what is written, such as an import of both names, stay within 120 columns."""

RULE = f"2 to {LONGEST} lower-case letters, digits and single hyphens, of which the first is a letter"

_NAME = re.compile(rf"(?=.{{2,{LONGEST}}}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PREFIX = "gpreg-"
_FALLBACK = "mine"


def bare(name: str) -> str:
    """A plugin's name without the prefix that its package gets: ``gpreg-wedge`` is ``wedge``."""
    return name.removeprefix(_PREFIX)


def package_of(name: str) -> str:
    """The name of the package, as an installer calls it."""
    return f"{_PREFIX}{name}"


def module_of(name: str) -> str:
    """The name by which Python imports the package."""
    return package_of(name).replace("-", "_")


def normalised(word: str) -> str:
    """The nearest valid name.

    >>> normalised("Świrydowicz 2nd"), normalised("8gaussians"), normalised("gpreg"), normalised("***")
    ('swirydowicz-2nd', 'gaussians-8', 'mine', 'mine')
    """
    letters = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    found = bare("-".join(re.findall(r"[a-z0-9]+", letters)))
    digits = re.match(r"[0-9-]*", found)
    if digits and digits[0]:  # no module's name begins with a digit
        found = f"{found[digits.end() :]}-{digits[0].strip('-')}"
    found = found[:LONGEST].strip("-")
    return found if _NAME.fullmatch(found) and found != "gpreg" else _FALLBACK


def check_plugin(name: str, registry: Registry) -> None:
    """Refuse the name of a plugin, without its prefix, if it is impossible or taken.

    Raises:
        UsageError: it is; the remedy has the nearest name that is possible and free.
    """
    _check(name, "the plugin", lambda other: _plugin_fault(other, registry), "gpreg new-plugin {}")


def check_thing(kind: str, name: str, registry: Registry, *, advised: str) -> None:
    """Refuse the name of a thing if it is impossible or taken.

    Args:
        kind: name of the thing's kind.
        name: the thing's name.
        registry: has what is installed.
        advised: what to type, with ``{}`` for a name that would do.

    Raises:
        UsageError: it is; the remedy has the nearest name that is possible and free.
    """
    _check(name, f"the {kind}", lambda other: _thing_fault(kind, other, registry), advised)


def _check(name: str, what: str, fault: Callable[[str], str], advised: str) -> None:
    if not _NAME.fullmatch(name):
        wrong = f"{shown(name)} is no name for {what}: a name has {RULE}"
    elif reason := fault(name):
        wrong = reason
    else:
        return
    raise UsageError(wrong, remedy=f"write {advised.format(free(normalised(name), lambda other: not fault(other)))}")


def free(name: str, fits: Callable[[str], bool]) -> str:
    """The name itself, or else the first of NAME-2, NAME-3, ... that fits."""
    numbered = (f"{name[: LONGEST - len(f'-{number}')].rstrip('-')}-{number}" for number in count(2))
    return name if fits(name) else next(filter(fits, numbered))


def _plugin_fault(name: str, registry: Registry) -> str:
    """Why a plugin may not have a name; empty if it may."""
    if reason := _python_fault(name, "the plugin"):
        return reason
    if name == "gpreg":
        return "'gpreg' is gpreg itself"
    for record in registry.records:
        if name == record.name or package_of(name) == record.package:
            return f"{name!r} is taken: the plugin {record} is installed"
    if find_spec(module_of(name)) is not None:
        return f"{name!r} is taken: Python finds a module {module_of(name)} already"
    return ""


def _thing_fault(kind: str, name: str, registry: Registry) -> str:
    """Why a thing may not have a name; empty if it may."""
    if reason := _python_fault(name, f"the {kind}"):
        return reason
    if kind == COMMAND.name and name in COMMANDS:
        return f"{name!r} is taken: `gpreg {name}` is a command of gpreg itself"
    for record in registry.records:
        if (kind, name) in record.refused or any(spec.name == name for spec in record.specs.get(kind, ())):
            return f"{name!r} is taken: the plugin {record} supplies a {kind} of that name"
    return ""


def _python_fault(name: str, what: str) -> str:
    module = name.replace("-", "_")
    if keyword.iskeyword(module):
        return f"{name!r} is a keyword of Python, so {what} cannot be called so"
    if module in sys.stdlib_module_names:
        return f"{name!r} is a module of Python's standard library, so {what} cannot be called so"
    return ""

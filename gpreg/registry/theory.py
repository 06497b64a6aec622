"""The theory is a package of its own, which gpreg trains without: what is said where it is asked for and not there."""

from gpreg.errors import UsageError
from gpreg.registry.discovery import State
from gpreg.registry.registry import Registry

PACKAGE = "gpreg-theory"

COMMANDS = ("check", "stability")
"""Its commands: to whoever types one without it, no other name is the nearest."""

INSTALL = f"`pip install {PACKAGE}` brings it"


def remedy(registry: Registry) -> str:
    """What to type to have it: it may be installed, and not loaded."""
    for record in registry.records:
        if record.package == PACKAGE and record.state is not State.OK:
            return f"{record} is installed and not loaded ({record.error}); `gpreg plugins` says so, too"
    return INSTALL


def refuse_command(name: str, registry: Registry) -> None:
    """Refuse a command of the theory where nobody supplies it.

    Raises:
        UsageError: says whose it is, and what to type.
    """
    if name in COMMANDS:
        raise UsageError(f"`gpreg {name}` comes with the package {PACKAGE}", remedy=remedy(registry))

"""What to tell a user who asks for the theory without the package gpreg-theory, which training does not need."""

from gpreg.errors import UsageError
from gpreg.registry.discovery import State
from gpreg.registry.registry import Registry

PACKAGE = "gpreg-theory"

COMMANDS = ("check", "stability")
"""The commands of the package; if it is missing, the error names the package and not the nearest other command."""

INSTALL = f"`pip install {PACKAGE}` brings it"


def remedy(registry: Registry) -> str:
    """What to type to get the package, which may also be installed but not loaded."""
    for record in registry.records:
        if record.package == PACKAGE and record.state is not State.OK:
            return f"{record} is installed and not loaded ({record.error}); `gpreg plugins` says so, too"
    return INSTALL


def refuse_command(name: str, registry: Registry) -> None:
    """Refuse a command of the theory that no loaded plugin supplies.

    Raises:
        UsageError: it is such a command; names the package, and says what to type.
    """
    if name in COMMANDS:
        raise UsageError(f"`gpreg {name}` comes with the package {PACKAGE}", remedy=remedy(registry))

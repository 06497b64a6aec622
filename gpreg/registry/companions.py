"""What to tell a user who asks for something of a package that is not there, and that everything else does without."""

from gpreg.errors import UsageError
from gpreg.registry.discovery import State
from gpreg.registry.registry import Registry

THEORY = "gpreg-theory"

COMMANDS = {"check": THEORY, "new-plugin": "gpreg-new-plugin", "stability": THEORY, "verify": "gpreg-verify"}
"""The commands of such packages; if one is missing, the error names the package and not the nearest other command."""


def remedy(registry: Registry, package: str = THEORY) -> str:
    """What to type to get a package, which may also be installed but not loaded."""
    for record in registry.records:
        if record.package == package and record.state is not State.OK:
            return f"{record} is installed and not loaded ({record.error}); `gpreg plugins` says so, too"
    return f"`pip install {package}` brings it"


def refuse_command(name: str, registry: Registry) -> None:
    """Refuse a command of a package that is not there.

    Raises:
        UsageError: it is such a command; names the package, and says what to type.
    """
    if name in COMMANDS:
        package = COMMANDS[name]
        raise UsageError(f"`gpreg {name}` comes with the package {package}", remedy=remedy(registry, package))

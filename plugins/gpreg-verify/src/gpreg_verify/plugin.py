"""The hook of gpreg-verify: it registers the command ``verify``."""

import gpreg


@gpreg.hookimpl
def gpreg_commands() -> list[gpreg.CommandSpec]:
    """The command ``verify``."""
    return [
        gpreg.CommandSpec(
            name="verify",
            factory="gpreg_verify.commands.verify:command",
            summary="Say which penalty a function computes and what is wrong with it; check a plugin.",
        )
    ]

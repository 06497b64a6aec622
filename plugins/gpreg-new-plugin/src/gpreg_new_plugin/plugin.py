"""The hook of gpreg-new-plugin: it registers the command ``new-plugin``."""

import gpreg


@gpreg.hookimpl
def gpreg_commands() -> list[gpreg.CommandSpec]:
    """The command ``new-plugin``."""
    return [
        gpreg.CommandSpec(
            name="new-plugin",
            factory="gpreg_new_plugin.commands.new_plugin:command",
            summary="Write a plugin of your own: a package that installs, trains and passes its tests.",
        )
    ]

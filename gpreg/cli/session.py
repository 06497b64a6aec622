"""The state of one invocation of ``gpreg``, which its commands share."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gpreg.cli.files import Words
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.registry import Registry, discover_registry, refuse_unknown

if TYPE_CHECKING:
    from gpreg.experiments.run import Run


class Session:
    """The plugins, which are discovered at first use, and the options of the group. It is click's ``ctx.obj``.

    Attributes:
        disabled: plugins that ``--no-plugin`` names.
        files: Python files that the words of the command name.
        traceback: whether an error is shown with its traceback.
        reserved: command names that plugins may not claim.
    """

    def __init__(self, reserved: frozenset[str] = frozenset()) -> None:
        self.disabled: tuple[str, ...] = ()
        self.files: Words | None = None
        self.traceback = False
        self.reserved = reserved

    @cached_property
    def registry(self) -> Registry:
        """Everything that plugins supply.

        Raises:
            UsageError: ``--no-plugin`` or ``GPREG_PLUGINS`` names a plugin that is not installed; a file is not there.
            PluginError: a file does not load; or a plugin is broken or clashes, and ``GPREG_STRICT_PLUGINS`` is set.
        """
        reserved = frozenset(("command", name) for name in self.reserved)
        registry = discover_registry(frozenset(self.disabled), reserved)
        refuse_unknown(self.disabled, "--no-plugin", registry.records)
        if self.files is None or not self.files.files:
            return registry
        from gpreg.registry.files import load_files

        given = self.files
        with registry.activate():  # for plugin files that call load_registry while they are run
            records = load_files(given.files, without_hooks=given.without_hooks, any_version=given.any_version)
        return registry.extended(records, reserved=reserved)

    def open_run(
        self, path: Path, *, step: int | str | None = None, data_root: Path | None = None, download: bool = False
    ) -> "Run":
        """A run, with the plugins of this invocation; see :func:`gpreg.open_run`."""
        from gpreg.experiments.opening import open_run

        return open_run(path, step=step, data_root=data_root, download=download, registry=self.registry)

    def culprit(self, error: BaseException) -> PluginRecord | None:
        """The plugin whose code raised an error, if the innermost frame that is gpreg's or a plugin's is a plugin's."""
        from traceback import walk_tb

        if "registry" not in vars(self):
            return None
        owners = {record.module.partition(":")[0].partition(".")[0]: record for record in self.registry.records}
        for frame, _ in reversed(list(walk_tb(error.__traceback__))):
            package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if package == "gpreg" or package in owners:
                return owners.get(package)
        return None

"""``gpreg plugins``: one row for each entry point, with its state and what is wrong with it."""

import click

from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.parameters import as_json
from gpreg.cli.session import Session
from gpreg.registry import schema
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import KINDS


def command(name: str) -> click.Command:
    """The command ``plugins``."""

    @click.command(name)
    @as_json
    @click.pass_obj
    def plugins(session: Session, as_json: bool) -> None:
        """List the installed plugins: whose they are, what they supply, and why one did not load.

        A plugin is ok; disabled (--no-plugin, GPREG_PLUGINS); clash, when another claims one of its names, which then
        neither has; or broken, when nothing of it is used.
        """
        records = session.registry.records
        if as_json:
            console.emit(schema.plugins(records))
        elif not records:
            console.talk("No plugins are installed.")
        else:
            columns = [
                Column("name", wrap=False, style="bold"),
                Column("package"),
                Column("version", wrap=False),
                Column("state", wrap=False),
                Column("supplies"),
            ]
            faulty = any(record.error for record in records)
            rows = [_row(record) + ([record.error or ""] if faulty else []) for record in records]
            console.table([*columns, Column("error", aside=True)] if faulty else columns, rows)

    return plugins


def _row(record: PluginRecord) -> list[str]:
    counts = {KINDS[kind]: len(specs) for kind, specs in record.specs.items() if specs}
    supplies = ", ".join(f"{count} {kind.name if count == 1 else kind.plural}" for kind, count in counts.items())
    return [record.name, record.path or record.package, record.version, record.state.value, supplies or "–"]

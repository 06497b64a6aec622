"""``gpreg plugins``: one row for each entry point, with its state, what is wrong with it and what is odd about it."""

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

        A plugin is ok; disabled (--no-plugin, GPREG_PLUGINS); unsuitable, when its package requires another version of
        gpreg; clash, when another claims one of its names, which then neither has; or broken, when nothing of it is
        used. Remarked is what takes longer than 0.1 s to load, imports torch, prints, calls exit, or supplies more than
        a thousand things.
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
            rows = [_row(record) for record in records]
            said = {
                "error": [record.error or "" for record in records],
                "remarks": [", ".join(record.remarks) for record in records],
            }
            for title, cells in said.items():
                if any(cells):
                    columns.append(Column(title, aside=True))
                    rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
            console.table(columns, rows)

    return plugins


def _row(record: PluginRecord) -> list[str]:
    counts = {KINDS[kind]: len(specs) for kind, specs in record.specs.items() if specs}
    supplies = ", ".join(f"{count} {kind.name if count == 1 else kind.plural}" for kind, count in counts.items())
    return [record.name, record.path or record.package, record.version, record.state.value, supplies or "–"]

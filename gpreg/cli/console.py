"""What is printed: data on stdout as tables or JSON, talk on stderr. The only file that knows rich."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import click

from gpreg.registry.discovery import PluginRecord, State

STYLES = {"✓": "green", "✗": "red", "~": "yellow", "–": "dim", "ok": "green", "broken": "red", "clash": "red"}
"""Cells that are coloured on a terminal, by what they say."""


class Column(NamedTuple):
    """One column of a table.

    Attributes:
        title: its heading.
        wrap: whether its text may be broken over several lines where the terminal is narrow.
        style: of its cells.
        aside: for the last column: whether it is told below a table that would not fit otherwise.
    """

    title: str
    wrap: bool = True
    style: str = ""
    aside: bool = False


def talk(message: str) -> None:
    """One message to whoever is watching."""
    click.echo(message, err=True)


def report(records: Iterable[PluginRecord]) -> None:
    """One line for each plugin that is broken or clashes."""
    for record in records:
        if record.state in (State.BROKEN, State.CLASH):
            talk(f"Warning: plugin {record} [{record.state.value}]: {record.error}")


def emit(document: dict[str, Any]) -> None:
    """A JSON document."""
    import json

    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(document, indent=2, ensure_ascii=not unicode, allow_nan=False))


def heading(text: str) -> None:
    """A section's title."""
    click.echo(click.style(text, bold=True))


def note(text: str) -> None:
    """A line below a table, which explains its words."""
    click.echo(click.style(text, dim=True))


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, titles: bool = True) -> None:
    """A table whose first column names the rows: fitted to a terminal; elsewhere plain lines, never wrapped."""
    lines = [[column.title for column in columns], *rows] if titles else rows
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    if not sys.stdout.isatty():
        for line in lines:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    elif columns[-1].aside and sum(widths) + 2 * len(widths) > _width():
        _print(columns[:-1], widths, [row[:-1] for row in rows], titles)
        names: dict[str, list[str]] = {}
        for row in rows:
            names.setdefault(row[-1], []).append(row[0])
        for value, of in names.items():
            if value:
                click.echo(f"{columns[-1].title} of {'all' if len(names) == 1 else ', '.join(of)}: {value}")
    else:
        _print(columns, widths, rows, titles)


def text(value: object) -> str:
    """A field's value as a cell shows it."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text(item)}" for name, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(text, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _width() -> int:
    from rich.console import Console

    return Console().width


def _print(columns: Sequence[Column], widths: Sequence[int], rows: Sequence[Sequence[str]], titles: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, show_header=titles, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, width in zip(columns, widths, strict=False):  # the last may be told aside
        fixed = None if column.wrap else width
        grid.add_column(column.title, width=fixed, no_wrap=not column.wrap, style=column.style, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    Console().print(grid)

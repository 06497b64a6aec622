"""What commands print: data on stdout as tables or JSON, talk on stderr."""

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

import click

from gpreg.experiments.talking import shown as shown  # noqa: PLC0414 -- the console has it, too
from gpreg.experiments.talking import talk as talk  # noqa: PLC0414 -- the console has it, too
from gpreg.registry.discovery import PluginRecord, State

STYLES = {"✓": "green", "✗": "red", "~": "yellow", "–": "dim", "ok": "green", "broken": "red", "clash": "red"}
"""Cells that are coloured on a terminal, by what they say."""

_GAP = 2
"""Columns of the terminal between two of a table."""


_Command = TypeVar("_Command", bound=Callable[..., Any])


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


def told(command: _Command) -> _Command:
    """Give a command a way to tell what is logged while it runs."""

    @wraps(command)
    def run(*arguments: Any, **keywords: Any) -> Any:
        from gpreg.experiments.telling import telling  # knows logging, which what lists does without

        with telling():
            return command(*arguments, **keywords)

    return cast(_Command, run)


def say(text: str = "", **style: bool) -> None:
    """Text on stdout."""
    click.echo(click.style(shown(text), **style) if style else shown(text))


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
    _wrap(text, bold=True)


def note(text: str) -> None:
    """A line below a table, which explains its words."""
    _wrap(text, dim=True)


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, titles: bool = True) -> None:
    """A table whose first column names the rows: fitted to a terminal; elsewhere plain lines, never wrapped.

    On a terminal lines end between words. Where the longest words of all columns do not fit side by side, each row
    has lines of its own.
    """
    rows = [[shown(cell).replace("\n", " ") for cell in row] for row in rows]
    lines = [[column.title for column in columns], *rows] if titles else rows
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    if not sys.stdout.isatty():
        for line in lines:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    elif columns[-1].aside and sum(widths) + _GAP * len(widths) > _width():
        table(columns[:-1], [row[:-1] for row in rows], titles=titles)
        names: dict[str, list[str]] = {}
        for row in rows:
            names.setdefault(row[-1], []).append(row[0])
        for value, of in names.items():
            if value:
                _wrap(f"{columns[-1].title} of {'all' if len(names) == 1 else ', '.join(of)}: {value}")
    elif fitting := _fitted(columns, lines, widths):
        _print(columns, fitting, rows, titles)
    else:
        for name, *cells in rows:
            say(name, bold=True)
            for column, cell in zip(columns[1:], cells, strict=True):
                _wrap(f"{column.title}: {cell}" if column.title and titles else cell, indent="  ")


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
    return shutil.get_terminal_size().columns


def _wrap(text: str, *, indent: str = "", **style: bool) -> None:
    """Text on stdout: on a terminal in lines that end between words, elsewhere as it is."""
    if not sys.stdout.isatty():
        say(text, **style)
        return
    for line in shown(text).split("\n"):
        wrapped = textwrap.wrap(
            line,
            _width(),
            initial_indent=indent,
            subsequent_indent=indent + "  " * bool(indent),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for part in wrapped or [""]:
            say(part, **style)


def _fitted(columns: Sequence[Column], lines: Sequence[Sequence[str]], widths: Sequence[int]) -> list[int]:
    """Widths that fit the terminal, with room for each column's longest word; none if there are no such widths."""
    words = [max(len(word) for cell in cells for word in (cell.split() or [""])) for cells in zip(*lines, strict=True)]
    least = [word if column.wrap else full for column, word, full in zip(columns, words, widths, strict=True)]
    room = _width() - _GAP * len(widths)
    fitting = list(widths)
    while sum(fitting) > room:
        spare = [i for i, width in enumerate(fitting) if width > least[i]]
        if not spare:
            return []
        fitting[max(spare, key=fitting.__getitem__)] -= 1
    return fitting


def _print(columns: Sequence[Column], widths: Sequence[int], rows: Sequence[Sequence[str]], titles: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, show_header=titles, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        grid.add_column(Text(column.title), width=width, style=column.style, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    Console(width=_width()).print(grid)

"""Print the output of commands: data on stdout, as tables or JSON, and messages on stderr."""

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

STYLES = {
    "✓": "green",
    "✗": "red",
    "~": "yellow",
    "–": "dim",
    "ok": "green",
    "broken": "red",
    "clash": "red",
    "unsuitable": "red",
}
"""Colours of table cells on a terminal, by their text."""

_GAP = 2
"""Spaces between two columns of a table."""


_Command = TypeVar("_Command", bound=Callable[..., Any])


class Column(NamedTuple):
    """One column of a table.

    Attributes:
        title: heading of the column.
        wrap: whether its text may be broken over several lines if the terminal is narrow.
        style: style of its cells.
        aside: for the last column: whether it is printed below the table if the table does not fit otherwise.
    """

    title: str
    wrap: bool = True
    style: str = ""
    aside: bool = False


def told(command: _Command) -> _Command:
    """Make a command print what is logged while it runs to stderr."""

    @wraps(command)
    def run(*arguments: Any, **keywords: Any) -> Any:
        from gpreg.experiments.telling import telling  # knows logging, which what lists does without

        with telling():
            return command(*arguments, **keywords)

    return cast(_Command, run)


def say(text: str = "", **style: bool) -> None:
    """Print text on stdout."""
    click.echo(click.style(shown(text), **style) if style else shown(text))


def report(records: Iterable[PluginRecord]) -> None:
    """Print a line for each plugin that is broken, clashes or requires another gpreg."""
    for record in records:
        if record.state in (State.BROKEN, State.CLASH, State.UNSUITABLE):
            talk(f"Warning: plugin {record} [{record.state.value}]: {record.error}")


def emit(document: dict[str, Any]) -> None:
    """Print a JSON document."""
    import json

    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(document, indent=2, ensure_ascii=not unicode, allow_nan=False))


def heading(text: str) -> None:
    """Print the title of a section."""
    paragraph(text, bold=True)


def note(text: str) -> None:
    """Print a line below a table, which explains its words."""
    paragraph(text, dim=True)


def paragraph(text: str, *, indent: str = "", **style: bool) -> None:
    """Print text on stdout; on a terminal, lines break between words."""
    if not sys.stdout.isatty():
        say(indent + text, **style)
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


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, titles: bool = True) -> None:
    """Print a table whose first column names the rows: fitted to a terminal, elsewhere as plain lines.

    On a terminal lines break between words. If the longest words of all columns do not fit side by side, each row is
    printed as several lines, one for each column.
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
                paragraph(f"{columns[-1].title} of {'all' if len(names) == 1 else ', '.join(of)}: {value}")
    elif fitting := _fitted(columns, lines, widths):
        _print(columns, fitting, rows, titles)
    else:
        for name, *cells in rows:
            say(name, bold=True)
            for column, cell in zip(columns[1:], cells, strict=True):
                paragraph(f"{column.title}: {cell}" if column.title and titles else cell, indent="  ")


def text(value: object) -> str:
    """The text of a cell for a field's value."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text(item)}" for name, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(text, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _width() -> int:
    return shutil.get_terminal_size().columns


def _fitted(columns: Sequence[Column], lines: Sequence[Sequence[str]], widths: Sequence[int]) -> list[int]:
    """Widths that fit the terminal, with room for each column's longest word; empty if that is impossible."""
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

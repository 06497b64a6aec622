"""Text, facts and tables that fit the terminal: lines break between words, never within one."""

import shutil
import sys
import textwrap
from collections.abc import Sequence

from gpreg.cli import console

PIPED = 80
"""The width where the output goes to no terminal."""

WIDEST = 100
"""The largest width of text: longer lines are hard to read."""

GAP = 2
"""The space between two columns of a table."""

NARROWEST = 24
"""The least width in which a table's last column is wrapped."""

Row = Sequence[str]
"""A cell for each column; or only two, a name and a text that takes the place of the numbers."""


def width() -> int:
    """The width of the terminal; 80 where stdout is none."""
    return shutil.get_terminal_size((PIPED, 24)).columns if sys.stdout.isatty() else PIPED


def paragraph(text: str, *, first: str = "", rest: str = "", dim: bool = False) -> None:
    """Print text, with one indent for the first line and another for the rest."""
    for line in wrapped(text, first=first, rest=rest):
        console.say(line, dim=dim)


def wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """Break text into lines that fit; a word longer than a line gets one of its own."""
    lines = textwrap.wrap(
        console.shown(text),
        min(width(), WIDEST),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]


def shell(command: str) -> str:
    """A command to paste into a shell, indented, on several lines if it does not fit on one."""
    lines = textwrap.wrap(
        command,
        width() - 2,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    whole = " ".join(line.strip() for line in lines) == command  # no line may break inside quotes
    return " \\\n".join(lines) if whole and "'" not in command else f"    {command}"


def facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and what is known of each in two columns, of which the second is wrapped."""
    room = max((len(name) for name, _ in pairs), default=0) + GAP
    for name, text in pairs:
        paragraph(text, first=name.ljust(room), rest=" " * room)


def table(titles: Sequence[str], rows: Sequence[Row]) -> None:
    """Print a table. If it is too wide, titles are wrapped, then the last column; else each row becomes a paragraph."""
    full = [row for row in rows if len(row) == len(titles)]
    columns = [[row[i] for row in full] for i in range(len(titles))]
    columns[0] = [row[0] for row in rows]
    for words in ([[title] for title in titles], [title.split() or [""] for title in titles]):
        widths = [max(map(len, (*title, *column))) for title, column in zip(words, columns, strict=True)]
        if sum(widths) + GAP * (len(widths) - 1) <= width():
            break
    else:
        widths[-1] = width() - sum(widths[:-1]) - GAP * (len(widths) - 1)
        if widths[-1] < NARROWEST:
            _records(titles, rows)
            return
    heads = [textwrap.wrap(title, max(room, 1)) or [""] for title, room in zip(titles, widths, strict=True)]
    height = max(map(len, heads))
    for cells in zip(*([""] * (height - len(head)) + head for head in heads), strict=True):
        console.say(_line(cells, widths), bold=True)
    for row in rows:
        told = row[-1] if len(row) != len(titles) or len(row[-1]) > widths[-1] else None
        lead = widths[:1] if len(row) != len(titles) else widths[:-1]
        if told is None:
            console.say(_line(row, widths))
        else:
            first = (" " * GAP).join(cell.ljust(room) for cell, room in zip(row, lead, strict=False)) + " " * GAP
            paragraph(told, first=first, rest=" " * len(first))


def _records(titles: Sequence[str], rows: Sequence[Row]) -> None:
    for row in rows:
        console.say(row[0], bold=True)
        named = list(zip(titles[1:], row[1:], strict=True)) if len(row) == len(titles) else [("", row[1])]
        facts([(f"  {title}", cell) for title, cell in named])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * GAP).join(cell.ljust(room) for cell, room in zip(cells, widths, strict=True)).rstrip()

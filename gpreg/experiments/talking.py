"""Messages on stderr, with everything escaped that a terminal would obey."""

from unicodedata import category

import click

from gpreg.registry.wording import spelled


def shown(text: str) -> str:
    r"""Text as a terminal may be sent it: what would move its cursor, colour it or turn its direction is spelled out.

    Names, recipes and scores may be anybody's, and a terminal obeys whatever it is sent. Lines stay lines, and letters
    of all scripts letters; ``\x1b`` and its like are shown as they are written in Python.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each if each == "\n" or each.isprintable() or category(each) == "Zs" else spelled(each) for each in text
    )


def talk(message: str) -> None:
    """One message to whoever is watching."""
    click.echo(shown(message), err=True)

"""Messages on stderr, with everything escaped that a terminal would obey."""

from unicodedata import category

import click

from gpreg.registry.wording import spelled


def shown(text: str) -> str:
    r"""Text that is safe for a terminal: what would move the cursor, change colours or the direction is spelled out.

    Names, recipes and scores may come from anybody, and a terminal obeys whatever it is sent. Line breaks and letters
    of all scripts stay as they are; ``\x1b`` and its like are shown as they are written in Python.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each if each == "\n" or each.isprintable() or category(each) == "Zs" else spelled(each) for each in text
    )


def talk(message: str) -> None:
    """Write a message to stderr."""
    click.echo(shown(message), err=True)

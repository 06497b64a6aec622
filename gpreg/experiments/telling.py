"""What is told while something is done: messages on stderr, one way at a time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


class _Teller(logging.Handler):
    """Tells what is logged, unless another tells it for a while."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say, self.silenced = say, False

    def emit(self, record: logging.LogRecord) -> None:
        if not self.silenced:
            self._say(record.getMessage())


@contextmanager
def telling(say: Callable[[str], None] = talk) -> Iterator[None]:
    """Tell what gpreg and its plugins log, for a while, by one way alone: a bar, say, instead of plain lines."""
    logger, teller = logging.getLogger("gpreg"), _Teller(say)
    others = [other for other in logger.handlers if isinstance(other, _Teller) and not other.silenced]
    level = logger.level
    for other in others:
        other.silenced = True
    logger.addHandler(teller)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(teller)
        for other in others:
            other.silenced = False
        logger.setLevel(level)

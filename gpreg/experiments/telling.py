"""Printing of messages from ``logging``, by only one function at a time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpreg.experiments.talking import talk


class _Teller(logging.Handler):
    """A handler of messages that can be silenced while another one is in charge."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say, self.silenced = say, False

    def emit(self, record: logging.LogRecord) -> None:
        if not self.silenced:
            self._say(record.getMessage())


@contextmanager
def telling(say: Callable[[str], None] = talk) -> Iterator[None]:
    """Inside the block, pass what gpreg and its plugins log to ``say``, and to no outer ``say`` of this kind."""
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

"""What is logged is told, one way at a time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpreg.experiments.talking import talk


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

"""Log a remark on a score once, although a run takes the same score many times."""

import logging
from functools import cache

_logger = logging.getLogger("gpreg")


@cache
def tell_once(message: str) -> None:
    """Log a message, unless this process has logged it before."""
    _logger.info("%s", message)

"""What a user should know of a score: told once, though a run takes the same score many times."""

import logging
from functools import cache

_logger = logging.getLogger("gpreg")


@cache
def tell_once(message: str) -> None:
    """Say it, unless it was said in this process before."""
    _logger.info("%s", message)

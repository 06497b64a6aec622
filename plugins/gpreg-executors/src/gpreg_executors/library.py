"""A library that one executor needs, and that the package leaves to who wants it."""

from importlib import import_module
from types import ModuleType

from gpreg.errors import UsageError


def library(name: str, *, executor: str) -> ModuleType:
    """Import a library.

    Raises:
        UsageError: it is not installed; says what to type.

    >>> library("json", executor="paper").__name__
    'json'
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the executor {executor!r} needs {name}, which is not installed",
            remedy=f'`pip install "gpreg-executors[{executor}]"` brings it',
        ) from error

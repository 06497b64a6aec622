"""``from gpreg import theory``: every name of the package gpreg-theory, where that is installed.

The core knows no plugin: this module only forwards, and what it forwards to is imported when it is asked for.
"""

from importlib import import_module
from typing import Any

try:
    _theory = import_module("gpreg_theory")
except ModuleNotFoundError as error:
    if error.name != "gpreg_theory":
        raise
    raise ImportError("the theory is a package of its own: pip install gpreg-theory") from error


def __getattr__(name: str) -> Any:
    return getattr(_theory, name)


def __dir__() -> list[str]:
    return dir(_theory)

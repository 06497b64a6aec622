"""``from gpreg import theory``: every name of the package gpreg-theory, if it is installed.

The core depends on no plugin: this module only forwards, and imports a name when it is first used.
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

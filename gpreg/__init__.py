"""gpreg: a plugin-based registry of GAN regularizers, in which the penalty measure is a first-class object.

The public names are imported when they are first used, so that listing and explaining never wait for torch. Which they
are, and where they are defined, ``__init__.pyi`` says.
"""

from importlib import import_module
from typing import Any

from gpreg.stub import public_names as _public_names

__version__ = "0.1.0"

_NAMES, _load = _public_names(__name__, __file__)

__all__ = ["__version__", *_NAMES]  # noqa: PLE0604 -- names, each a string


_SUBMODULES = ("data", "errors", "interfaces", "pictures", "testing")
"""What pages and docstrings name as ``gpreg.errors.UsageError``, without an import of its own."""


def __getattr__(name: str) -> Any:
    return import_module(f"{__name__}.{name}") if name in _SUBMODULES else _load(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBMODULES, *(name for name in globals() if name.startswith("__"))})

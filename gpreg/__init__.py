"""gpreg: a plugin-based registry of GAN regularizers, in which the penalty measure is a first-class object.

The public names are imported when they are first used, so that listing and explaining never wait for torch. Which they
are, and where they are defined, ``__init__.pyi`` says.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

_IMPORT = re.compile(r"^from (\S+) import (\w+) as", re.MULTILINE)
_MODULE = {name: module for module, name in _IMPORT.findall(Path(__file__).with_suffix(".pyi").read_text("utf-8"))}

__all__ = ["__version__", *sorted(_MODULE)]  # noqa: PLE0604 -- names, each a string


_SUBMODULES = ("data", "errors", "interfaces", "pictures", "testing")
"""What pages and docstrings name as ``gpreg.errors.UsageError``, without an import of its own."""


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _MODULE:
        # with the module at hand, Python itself adds the nearest name to a traceback
        raise AttributeError(f"module 'gpreg' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBMODULES, *(name for name in globals() if name.startswith("__"))})

"""gpreg: a plugin-based registry of GAN regularizers, in which the penalty measure is a first-class object.

The public names are imported when they are first used, so that listing and explaining never wait for torch. Which they
are, and where they are defined, ``__init__.pyi`` says.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

_IMPORT = re.compile(r"^from (\S+) import (\w+) as", re.MULTILINE)
_MODULE = {name: module for module, name in _IMPORT.findall(Path(__file__).with_suffix(".pyi").read_text("utf-8"))}

__all__ = ["__version__", *sorted(_MODULE)]  # noqa: PLE0604 -- names, each a string


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'gpreg' has no attribute {name!r}")
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE})

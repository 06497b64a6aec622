"""The theory of regularized GANs: linear games, toys, the sources' formulas, real networks, checks of assumptions.

The public names of its five parts in one place: ``import gpreg_theory as theory``, then ``theory.LinearGame(...)``.
Each is imported when it is first used, so that asking for the theory never waits for torch. ``__init__.pyi`` lists all.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r"^from (\S+) import (\w+) as", re.MULTILINE)
_MODULE = {name: module for module, name in _IMPORT.findall(Path(__file__).with_suffix(".pyi").read_text("utf-8"))}

__all__ = sorted(_MODULE)  # noqa: PLE0605 -- the names of the stub, each a string


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE})

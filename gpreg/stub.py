"""A package's public names, each imported when it is first used, as the package's stub lists them."""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r"^from (\S+) import (\w+) as", re.MULTILINE)


def public_names(package: str, file: str) -> tuple[list[str], Callable[[str], Any]]:
    """The names in a package's ``__init__.pyi``, sorted, and the function that imports one of them.

    The stub has a line ``from module import name as name`` for each. The function is the package's ``__getattr__``, or
    what that ends with; it raises AttributeError for any other name.

    Args:
        package: ``__name__`` of the package.
        file: ``__file__`` of its ``__init__.py``, beside which the stub lies.
    """
    lines = _IMPORT.findall(Path(file).with_suffix(".pyi").read_text("utf-8"))
    modules = {name: module for module, name in lines}

    def load(name: str) -> Any:
        if name not in modules:
            # with the module at hand, Python itself adds the nearest name to a traceback
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return sorted(modules), load

"""The conformance kit: checks that all must pass that a plugin supplies, for the tests of plugins::

    @pytest.mark.parametrize("check", measure_checks("my-measure"), ids=str)
    def test_my_measure_conforms(check):
        check()

There is a kit for every kind, and :func:`plugin_checks` is all of them on all that a plugin supplies. The names, which
``__init__.pyi`` lists, are imported when they are first used, so that :mod:`gpreg.testing.pytest_plugin` is loaded
without torch.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r"^from (\S+) import (\w+) as", re.MULTILINE)
_MODULE = {name: module for module, name in _IMPORT.findall(Path(__file__).with_suffix(".pyi").read_text("utf-8"))}

__all__ = sorted(_MODULE)  # noqa: PLE0605 -- a list of strings


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})

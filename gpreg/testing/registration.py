"""The check of how a plugin registers: in an interpreter of its own, which shows what that imports."""

import os
import subprocess
import sys
from dataclasses import dataclass

from gpreg.registry.discovery import PluginRecord
from gpreg.testing.checks import Check, expect

HEAVY = "torch"
"""What takes a second to import, for which no listing may wait."""

_CODE = """
import sys
from importlib import import_module
for name in sys.argv[2:]:
    import_module(name)
    if sys.argv[1] in sys.modules:
        sys.exit(f"\\n{name}")
"""


@dataclass(frozen=True)
class Registered:
    """A plugin as it was discovered."""

    record: PluginRecord

    def __str__(self) -> str:
        return self.record.name

    def modules(self) -> list[str]:
        """The module that is loaded, and those of options, which explaining reads."""
        specs = [spec for specs in self.record.specs.values() for spec in specs]
        options = {spec.options.partition(":")[0] for spec in specs if isinstance(spec.options, str)}
        return [self.record.module.partition(":")[0], *sorted(options)]


def registers_without_torch(plugin: Registered) -> None:
    """Neither its module nor those of its options import torch, so that listings and help never wait for it.

    A file that is loaded by ``--plugin`` may: what it registers and what it computes are one module.
    """
    if plugin.record.path is not None:
        return
    paths = os.pathsep.join(filter(None, sys.path))
    found = subprocess.run(
        [sys.executable, "-c", _CODE, HEAVY, *plugin.modules()],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
        check=False,
    )
    last = found.stderr.strip().rpartition("\n")[2]
    expect(last not in plugin.modules(), f"imports {HEAVY} with {last}: name classes as 'module:attribute' instead")
    expect(found.returncode == 0, f"does not import in an interpreter of its own: {last}")


def registration_checks(record: PluginRecord) -> list[Check]:
    """The checks of how a plugin registers.

    >>> from gpreg import load_registry
    >>> print(registration_checks(load_registry().records[0])[-1])
    architectures-registers_without_torch
    """
    return [Check(check, Registered(record)) for check in REGISTRATION_CHECKS]


REGISTRATION_CHECKS = (registers_without_torch,)

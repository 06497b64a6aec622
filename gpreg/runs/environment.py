"""The environment of a run: versions, plugins, device, commit."""

import platform
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import torch

from gpreg import __version__
from gpreg.registry.spec import SESSION
from gpreg.runs.commit import commit_of
from gpreg.runs.plan import Plan
from gpreg.runs.supplied import recorded


def environment(plan: Plan, device: torch.device, ranks: int) -> dict[str, Any]:
    """The document ``environment.json``."""
    cuda = device.type == "cuda"
    return {
        "schema": 1,
        "gpreg": __version__,
        "command": sys.argv,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": torch.cuda.get_device_name(device) if cuda else str(device),
        "cuda": torch.version.cuda if cuda else None,
        "threads": torch.get_num_threads(),
        "processes": ranks,
        "commit": commit_of(Path.cwd()),
        "plugins": [
            {"name": record.name, "package": record.package, "version": record.version, "state": record.state.value}
            for record in plan.registry.records
            if not record.path and record.package != SESSION
        ],
        **recorded(plan.recipe, plan.registry),
        "packages": _packages(),
    }


def _packages() -> dict[str, str]:
    """Versions of all installed distributions, by name; one with damaged metadata is left out."""
    found = {}
    for distribution in distributions():
        try:
            name, version = distribution.metadata["Name"], distribution.version
        except Exception:  # damaged metadata may raise anything
            continue
        if isinstance(name, str) and isinstance(version, str):
            found[name] = version
    return dict(sorted(found.items()))

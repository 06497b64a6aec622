"""What a run was made with: versions, plugins, device, commit."""

import platform
import subprocess
import sys
from importlib.metadata import distributions
from typing import Any

import torch

from gpreg import __version__
from gpreg.registry.registry import Registry


def environment(registry: Registry, device: torch.device, ranks: int) -> dict[str, Any]:
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
        "commit": _commit(),
        "plugins": [
            {"name": record.name, "package": record.package, "version": record.version, "state": record.state.value}
            for record in registry.records
        ],
        "packages": dict(sorted((found.metadata["Name"], found.version) for found in distributions())),
    }


def _commit() -> str | None:
    """The commit of the folder that the command was typed in, ``+`` if it has changes; ``None`` outside git."""
    try:
        told = [
            subprocess.run(["git", *words], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return told[0] + ("+" if told[1] else "")

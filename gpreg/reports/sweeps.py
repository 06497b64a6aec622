"""A sweep's folder as what a report is about."""

from pathlib import Path

from gpreg.registry.registry import Registry
from gpreg.reports.material import Material


def material_of_sweep(path: Path, registry: Registry) -> Material:
    """What the report of a sweep is about."""
    raise NotImplementedError

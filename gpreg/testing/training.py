"""Short runs, for tests of what is trained with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gpreg
from gpreg.testing.scenes import small_recipe


def trained(out: Path, recipe: Any = None, **choices: Any) -> "gpreg.Run":
    """Train a few steps on the CPU, without pictures and progress.

    Args:
        out: the run's folder.
        recipe: as of :func:`gpreg.experiment`; ``None``: a small one of the kit's own, on points in the plane.
        choices: keywords of :func:`gpreg.experiment`; by default 5 steps.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trained(Path(folder) / "run", steps=3).step
    3
    """
    choices = {"steps": 5, "compute.device": "cpu", "report.picture_ticks": 0, **choices}
    if recipe is None:
        choices["registry"], recipe = small_recipe(choices.get("registry"))
        if "measure" in choices and "form" not in choices:
            recipe = replace(recipe, form=None)  # that of the measure
    return gpreg.experiment(recipe, **choices).train(out, progress=False)

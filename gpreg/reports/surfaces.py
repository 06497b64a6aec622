"""The critic's value surface and gradient field of a run in the plane that left no picture."""

from io import BytesIO
from pathlib import Path

import torch

from gpreg.experiments.opening import open_run
from gpreg.pictures.plane import plane
from gpreg.registry.registry import Registry
from gpreg.runs.data import open_data
from gpreg.sweeps.evidence import Evidence

POINTS = 500
"""Number of real and of fake samples that are drawn."""

RESOLUTION = 64
"""Number of points in a row of the value surface."""


def drawable(run: Evidence) -> bool:
    """Whether a run is in the plane, has networks, and a critic that takes no labels."""
    conditional = run.recipe.get("training", {}).get("conditional", False)
    there = any((run.path / "checkpoints").glob("step-*"))
    return run.data.get("shape") == [2] and there and not conditional


def surface(path: Path, registry: Registry) -> bytes:
    """Draw the newest networks of a run, as training does, as PNG.

    Raises:
        GpregError: the run cannot be opened, or its data is not there.
    """
    run = open_run(path, registry=registry)
    plan, critic = run.experiment.plan, run.critic(device="cpu")
    data = open_data(plan)
    real = data.take(POINTS, rng=torch.Generator().manual_seed(plan.recipe.training.seed)).samples
    title = f"{plan.recipe.measure.name} on {plan.recipe.dataset.name}, step {run.step:,}"
    fake = run.sample(POINTS, device="cpu")
    figure = plane(real, fake, critic, resolution=RESOLUTION, title=title, modes=data.modes)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi, facecolor="white", metadata={"Software": None})
    return file.getvalue()

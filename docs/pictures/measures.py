"""Draw where each penalty measure looks: ``python docs/pictures/measures.py`` writes measures.png beside this file.

Real points are the ring of eight Gaussians, fake ones a generator's early output. Each panel shows what a registered
measure returns for them, as the penalty would see it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes

import gpreg
from gpreg import load_registry
from gpreg.interfaces import GaussianModes, Opening, PenaltyBatch, PenaltySample
from gpreg.registry.kinds import MEASURE

PANELS = ("pd", "pg", "gp", "mid", "g-anc", "pd+pg", "dragan", "latent-path")
BATCH = 512
REAL, FAKE, POINT = "#2a78d6", "#eda100", "#d03b3b"


def generator(z: torch.Tensor) -> torch.Tensor:
    """A generator that has learnt the middle of the ring, not its modes."""
    return 0.45 * z + 0.12 * torch.sin(3 * z.flip(1))


def panel(axes: Axes, measure: str, modes: GaussianModes, options: Mapping[str, Any] | None = None) -> None:
    """One measure's points over the real and the fake batch; a point of weight w has w times the mean area."""
    rng = torch.Generator().manual_seed(0)
    real = modes.centres[torch.randint(len(modes.centres), (BATCH,), generator=rng)]
    real = real + 0.04 * torch.randn(BATCH, 2, generator=rng)
    latent = torch.randn(BATCH, 2, generator=rng)
    fake = generator(latent)
    penalty = gpreg.penalty(measure, seed=0, measure_options=options)
    batch = penalty.batch(critic, real, fake, latent=latent, generator=generator, rng=rng)
    if measure == "latent-path":
        train_encoder(penalty, batch)
    sample = penalty.draw(batch)
    axes.scatter(real[:, 0], real[:, 1], s=5, color=REAL, alpha=0.5, linewidths=0, label="real")
    axes.scatter(fake[:, 0], fake[:, 1], s=5, color=FAKE, alpha=0.5, linewidths=0, label="fake")
    if sample is not None:
        x, y = sample.points.T
        axes.scatter(x, y, s=areas(sample), color=POINT, alpha=0.75, linewidths=0, label="penalised")
    axes.set(xlim=(-1.9, 2.3), ylim=(-1.9, 1.9), aspect="equal", xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set_color("#d9d8d4")


def critic(x: torch.Tensor) -> torch.Tensor:
    """A critic that has understood the right half of the plane, and takes real points at the left for fake."""
    return 3 * x[:, 0]


def areas(sample: PenaltySample) -> torch.Tensor:
    """The area of each point, in proportion to its weight."""
    weights = sample.weights(critic(sample.points)) if callable(sample.weights) else sample.weights
    return torch.full((len(sample.points),), 7.0) if weights is None else 7 * weights / weights.mean()


def heading(axes: Axes, measure: str) -> None:
    """A panel's title, and how the measure draws."""
    axes.set_title(measure, fontsize=12, fontweight="bold", loc="left", pad=16)
    sampling = load_registry().get(MEASURE, measure).sampling
    axes.text(0, 1.02, sampling, transform=axes.transAxes, fontsize=8.5, color="#52514e")


def train_encoder(penalty: gpreg.Penalty, batch: PenaltyBatch) -> None:
    """Let the encoder of ``latent-path`` learn to invert the generator first."""
    penalty.prepare(batch)
    optimiser = torch.optim.Adam(penalty.parameters(), lr=3e-3)
    for _ in range(400):
        optimiser.zero_grad()
        loss = penalty.measure.auxiliary_loss(batch)
        assert loss is not None
        loss.backward()
        optimiser.step()


def main() -> None:
    """Draw all panels and save the picture."""
    modes = load_registry().build("dataset", "8gaussians").open(Opening()).modes
    figure, grid = plt.subplots(2, 4, figsize=(12, 6.6), dpi=110, layout="constrained")
    for axes, measure in zip(grid.flat, PANELS, strict=True):
        panel(axes, measure, modes)
        heading(axes, measure)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, markerscale=3, fontsize=10)
    figure.get_layout_engine().set(rect=(0, 0, 1, 0.985))
    figure.savefig(Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()

"""Pictures of a run: the samples at a tick, and at its end its curves and the ways between codes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gpreg.evaluation.sampler import Sampler, evaluating
from gpreg.pictures.curves import curves
from gpreg.pictures.files import save_png
from gpreg.pictures.grid import Pixels, grid, to_unit
from gpreg.pictures.interpolation import interpolation, ways
from gpreg.pictures.plane import plane
from gpreg.runs.folder import RunFolder
from gpreg.training.experiment import Experiment
from gpreg.training.seeds import generator_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = 64
POINTS = 1000
WAYS, WAY_STEPS = 8, 10


class Portraits:
    """Draws the same codes at each tick, so that pictures can be compared.

    Images make a grid; points of the plane lie over the critic's value surface; other samples have no picture.

    Args:
        experiment: whose generator is drawn, the average if there is one.
        folder: gets the files.
    """

    def __init__(self, experiment: Experiment, folder: RunFolder) -> None:
        self._own, self._folder = experiment, folder
        shape = experiment.spec.shape
        self._planar, self._image = shape == (2,), len(shape) == 3 and shape[0] in (1, 3)
        rng = generator_for(experiment.recipe.training.seed, "pictures", experiment.device)
        self._sampler = Sampler(experiment.sampled, experiment.spec, labels=experiment.labels)
        n = POINTS if self._planar else IMAGES
        self._codes = experiment.generator.draw_latent(n, rng)
        classes = experiment.spec.classes
        self._labels = None if classes is None else torch.arange(n, device=experiment.device) % classes
        data = experiment.data
        self._real = data.take(min(n, data.size or n), rng=rng).samples if self._planar else None

    def draw(self, step: int) -> Iterator[tuple[str, Tensor]]:
        """Write the pictures of a step; yields each as an observer wants it: a name and ``(1, C, H, W)`` in [0, 1]."""
        name = f"step-{step:09d}.png"
        if self._planar:
            save_png(self._plane(step), self._folder.samples / name)
        elif self._image:
            pixels = self._grid(self._sampler.generate(self._codes, self._labels), None)
            save_png(pixels, self._folder.samples / name)
            yield "samples", torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
        save_png(curves(self._folder.stats.read(), self._folder.metrics.read()), self._folder.path / "curves.png")
        if step == self._own.recipe.training.steps and (self._planar or self._image):
            save_png(self._interpolation(), self._folder.path / "interpolation.png")

    def _grid(self, images: Tensor, columns: int | None) -> Pixels:
        return grid(to_unit(images, self._own.spec.value_range), columns)

    def _plane(self, step: int) -> "Figure":
        own = self._own
        fake = self._sampler.generate(self._codes, self._labels)
        title = f"{own.recipe.measure.name} on {own.recipe.dataset.name}, step {step:,}"
        assert self._real is not None
        with evaluating(own.critic):
            return plane(self._real, fake, own.critic, device=own.device, title=title, modes=own.data.modes)

    def _interpolation(self) -> "Figure | Pixels":
        codes, labels = self._codes, self._labels
        start, end = codes[:WAYS], codes[WAYS : 2 * WAYS]
        with evaluating(self._own.sampled):
            samples = interpolation(
                self._own.sampled, start, end, WAY_STEPS, labels=None if labels is None else labels[:WAYS]
            )
        if self._real is not None:
            return ways(samples, self._real, self._sampler.generate(codes, labels))
        return self._grid(samples.float().flatten(0, 1), WAY_STEPS)

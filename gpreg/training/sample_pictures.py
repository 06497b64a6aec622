"""Pictures of a run: samples at each tick, and at the end curves and interpolations."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gpreg.critics.calls import critic_outputs, evaluating
from gpreg.evaluation.class_rows import ROWS, class_rows, in_rows, way_rows
from gpreg.evaluation.sampler import Sampler
from gpreg.interfaces import Batch
from gpreg.pictures.curves import curves
from gpreg.pictures.files import save_png
from gpreg.pictures.grid import Pixels, grid, to_unit
from gpreg.pictures.interpolation import interpolation, ways
from gpreg.pictures.plane import plane
from gpreg.runs.classes import Classes
from gpreg.runs.folder import RunFolder
from gpreg.training.seeds import generator_for
from gpreg.training.setup import Setup, noisy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = 64
POINTS = 1000
EACH = 8
"""Number of images of each class in a grid."""

SOUGHT = 4
"""How many real samples are drawn for each one that is shown, so that rare classes have some too."""

WAYS, WAY_STEPS = 8, 10
REAL = "real.png"


class SamplePictures:
    """Draws the same codes at each tick, so that pictures can be compared.

    Images make a grid, with a row for each class if there are labels, and real samples another one, beside the first;
    points of the plane lie over the critic's value surface, that of its mean over the classes if there are labels;
    other samples have no picture.

    Args:
        setup: the set-up; its average generator is used if there is one.
        folder: the run folder, to which pictures are written.
    """

    def __init__(self, setup: Setup, folder: RunFolder) -> None:
        self._setup, self._folder = setup, folder
        shape = setup.spec.shape
        self._planar, self._image = shape == (2,), len(shape) == 3 and shape[0] in (1, 3)
        rng = generator_for(setup.recipe.training.seed, "pictures", setup.device)
        self._sampler = Sampler(setup.sampled, setup.spec, labels=setup.labels)
        self._classes = Classes.of(setup.data) if setup.spec.classes is not None else None
        self._shown = range(min(self._classes.number, ROWS)) if self._classes else range(0)
        self._n = POINTS if self._planar else len(self._shown) * EACH or IMAGES
        self._codes = setup.generator.draw_latent(max(self._n, 2 * WAYS), rng)
        data = setup.data
        self._real = data.take(min(self._n, data.size or self._n), rng=rng).samples if self._planar else None

    def draw(self, step: int) -> Iterator[tuple[str, Tensor]]:
        """Write the pictures of a step; yields each as an observer wants it: a name and ``(1, C, H, W)`` in [0, 1]."""
        name = f"step-{step:09d}.png"
        if self._planar:
            save_png(self._plane(step), self._folder.samples / name)
        elif self._image:
            if not (self._folder.samples / REAL).exists():
                yield "real", self._save(self._reals(), REAL)
            labels = self._labels(self._n)
            fakes = Batch(self._sampler.generate(self._codes[: self._n], labels), labels)
            yield "samples", self._save(self._grid(fakes), name)
        save_png(curves(self._folder.stats.read(), self._folder.metrics.read()), self._folder.path / "curves.png")
        if step == self._setup.recipe.training.steps and (self._planar or self._image):
            save_png(self._interpolation(), self._folder.path / "interpolation.png")

    def _labels(self, n: int) -> Tensor | None:
        """Of so many codes: of the plane in turn, of a grid row by row."""
        if self._classes is None:
            return None
        labels = torch.arange(n) % self._classes.number if self._planar else in_rows(n, self._shown)
        return labels.to(self._setup.device)

    def _save(self, picture: Pixels, name: str) -> Tensor:
        save_png(picture, self._folder.samples / name)
        return torch.tensor(picture).permute(2, 0, 1)[None] / 255

    def _grid(self, batch: Batch) -> Pixels:
        images = self._unit(batch.samples)
        if self._classes is None or batch.labels is None:
            return grid(images)
        return class_rows(images, batch.labels, self._shown, self._classes, EACH)

    def _reals(self) -> Pixels:
        """As many real samples as fakes, as the critic sees them; drawn without the run's random numbers."""
        recipe, data = self._setup.recipe, self._setup.data
        rng = generator_for(recipe.training.seed, "real pictures", self._setup.device)
        sought = self._n * (SOUGHT if self._classes else 1)
        samples, labels = data.take(min(sought, data.size or sought), rng=rng)
        if self._classes is not None and labels is not None:
            places = [(labels == label).nonzero()[:EACH, 0] for label in self._shown]
            kept = torch.cat(places)
            if not len(kept):  # of many classes, those that are shown may all be too rare
                return grid(self._unit(noisy(samples[: self._n], recipe.training.noise, rng)))
            samples, labels = samples[kept], labels[kept]
        return self._grid(Batch(noisy(samples, recipe.training.noise, rng), labels))

    def _unit(self, images: Tensor) -> Tensor:
        return to_unit(images, self._setup.spec.value_range)

    def _plane(self, step: int) -> "Figure":
        setup = self._setup
        fake = self._sampler.generate(self._codes, self._labels(self._n))
        title = f"{setup.recipe.measure.name} on {setup.recipe.dataset.name}, step {step:,}"
        title += ", mean over classes" if self._classes else ""
        assert self._real is not None
        with evaluating(setup.critic):
            return plane(self._real, fake, self._judged, device=setup.device, title=title, modes=setup.data.modes)

    def _judged(self, points: Tensor) -> Tensor:
        """The critic's values ``(B,)`` at points ``(B, 2)``: their mean over the classes that are shown."""
        critic = self._setup.critic
        if self._classes is None:
            return critic_outputs(critic, points, None)
        each = [critic_outputs(critic, points, points.new_full((len(points),), k).long()) for k in self._shown]
        return torch.stack(each).mean(0)

    def _interpolation(self) -> "Figure | Pixels":
        codes, classes = self._codes, self._classes
        start, end = codes[:WAYS], codes[WAYS : 2 * WAYS]
        labels = None if classes is None else torch.arange(WAYS, device=self._setup.device) % classes.number
        with evaluating(self._setup.sampled):
            samples = interpolation(self._setup.sampled, start, end, WAY_STEPS, labels=labels)
        if self._real is not None:
            return ways(samples, self._real, self._sampler.generate(codes, self._labels(self._n)))
        return way_rows(self._unit(samples.float().flatten(0, 1)), labels, WAY_STEPS, classes)

"""Samples of a run as files: a grid, the plane, an array, a folder."""

import io
import shutil
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.evaluation.sampler import evaluating
from gpreg.evaluation.trained import Trained
from gpreg.pictures.files import save_images, save_png
from gpreg.pictures.grid import grid, to_unit
from gpreg.pictures.interpolation import interpolation
from gpreg.pictures.scatter import scatter
from gpreg.runs.atomic import storage, write

WAY_STEPS = 10


class Output:
    """Draws from a run, and writes.

    Args:
        trained: the run.
        seed: of the samples.
        device: where they are generated.
        columns: of a grid; ``None``: nearly square.
    """

    def __init__(self, trained: Trained, *, seed: int, device: torch.device, columns: int | None = None) -> None:
        self._trained, self._columns = trained, columns
        self._rng = torch.Generator(device).manual_seed(seed)
        self._spec = trained.sampler.spec

    def picture(self, path: Path, n: int) -> None:
        """A grid of images, or points of the plane.

        Raises:
            UsageError: samples of this shape have no picture.
        """
        samples = torch.cat([batch.cpu() for batch in self._trained.sampler.draw(n, self._rng)])
        if self._spec.shape == (2,):
            save_png(scatter(samples, title=f"{self._trained.recipe.measure.name}, step {self._trained.step:,}"), path)
        else:
            save_png(grid(self._unit(samples), self._columns), path)

    def interpolation(self, path: Path, n: int) -> None:
        """``n`` ways between two codes each, a row each.

        Raises:
            UsageError: samples are not images.
        """
        sampler, generator = self._trained.sampler, self._trained.networks.generator
        start, end = (generator.draw_latent(n, self._rng) for _ in range(2))
        with evaluating(generator):
            samples = interpolation(generator, start, end, WAY_STEPS, labels=sampler.draw_labels(n, self._rng))
        save_png(grid(self._unit(samples.float().cpu().flatten(0, 1)), WAY_STEPS), path)

    def array(self, path: Path, n: int) -> None:
        """An ``.npz`` with ``samples`` ``(n, *x)`` of float32, in the generator's value range."""
        samples = [batch.cpu().numpy() for batch in self._trained.sampler.draw(n, self._rng)]
        content = io.BytesIO()
        np.savez_compressed(content, samples=np.concatenate(samples))
        write(path, content.getvalue())

    def images(self, folder: Path, n: int) -> None:
        """A folder of images, one file each, all or none of them.

        Raises:
            UsageError: samples are not images.
        """
        with storage(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            done = 0
            for batch in self._trained.sampler.draw(n, self._rng):
                save_images(self._unit(batch.cpu()), partial, first=done)
                done += len(batch)
            with storage(folder):
                if folder.exists():
                    shutil.rmtree(folder)
                partial.chmod(0o755)
                partial.replace(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _unit(self, samples: Tensor) -> Tensor:
        shape = tuple(self._spec.shape)
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise UsageError(f"samples of shape {shape} are no images", remedy="choose --out FILE.npz")
        return to_unit(samples, self._spec.value_range)

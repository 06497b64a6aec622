"""Write samples of a run to files: a grid of images, the plane, an array, a folder of images."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from zipfile import ZipFile

import numpy as np
import torch
from torch import Tensor

from gpreg.critics.calls import evaluating
from gpreg.disk.atomic import creating
from gpreg.disk.refusal import found, storage
from gpreg.errors import UsageError
from gpreg.evaluation.arrays import member
from gpreg.evaluation.class_rows import ROWS, class_rows, in_rows, way_rows
from gpreg.evaluation.scores import Watcher
from gpreg.evaluation.trained import Trained
from gpreg.interfaces import Batch, Data
from gpreg.pictures.files import save_images, save_png
from gpreg.pictures.grid import grid, to_unit
from gpreg.pictures.interpolation import interpolation, ways
from gpreg.pictures.panel import SHOWN
from gpreg.pictures.scatter import scatter

WAY_STEPS = 10
"""Number of samples on each path between two codes."""

TILES = 2500
"""Most images in a grid; with 64 pixels each, the picture has 3,300 pixels a side."""

_IMAGE = re.compile(r"\d{6,}\.png")


class Output:
    """Draws samples from a run and writes them to files, each whole or not at all.

    Args:
        trained: the run.
        seed: seed of the samples.
        device: device on which they are generated.
        columns: columns of a grid; ``None``: nearly square, or a row for each class.
        classes: classes to draw, by name or number; empty: all.
        watch: called with the number of samples drawn so far.

    Raises:
        UsageError: a class is unknown, or the generator takes no labels.
    """

    def __init__(
        self,
        trained: Trained,
        *,
        seed: int,
        device: torch.device,
        columns: int | None = None,
        classes: Sequence[str] = (),
        watch: Watcher | None = None,
    ) -> None:
        self._trained, self._columns, self._watch = trained, columns, watch
        self._rng = torch.Generator(device).manual_seed(seed)
        self._spec = trained.sampler.spec
        self._classes = trained.classes if self._spec.classes is not None else None
        self._sampler, self._chosen = trained.sampler, tuple[int, ...]()
        if classes:
            if self._classes is None:
                raise UsageError(
                    f"{trained.folder.path} was trained without labels, so that its generator knows no classes",
                    remedy="leave out --class; `gpreg train --arch resnet-stable --conditional` trains with labels",
                )
            self._chosen = tuple(dict.fromkeys(map(self._classes.label, classes)))
            self._sampler = self._sampler.only(self._chosen)

    @property
    def planar(self) -> bool:
        """Whether samples are points of the plane."""
        return self._spec.shape == (2,)

    def write(self, path: Path, n: int) -> None:
        """What the name asks for: ``FILE.png`` a picture, ``FILE.npz`` an array, else a folder of images.

        Raises:
            UsageError: samples of this shape cannot be written so, or there are more than a picture can show.
        """
        way = {".png": self.picture, ".npz": self.array}.get(path.suffix, self.images)
        way(path, n)

    def picture(self, path: Path, n: int) -> None:
        """A grid of images, with a row for each class if there are labels, or points of the plane.

        Raises:
            UsageError: samples of this shape have no picture, or there are more than one can show.
        """
        self._check_picture(n, 1)
        if self._classes is not None and not self.planar:
            shown = (self._chosen or range(min(self._classes.number, ROWS)))[:n]
            labels = in_rows(n, shown)
            samples = torch.cat([batch.samples.cpu() for batch in self.batches(n, labels)])
            save_png(class_rows(self._unit(samples), labels, shown, self._classes, self._columns), path)
            return
        samples = torch.cat([batch.samples.cpu() for batch in self.batches(n)])
        if self.planar:
            save_png(scatter(samples, title=f"{self._trained.recipe.measure.name}, step {self._trained.step:,}"), path)
        else:
            save_png(grid(self._unit(samples), self._columns), path)

    def interpolation(self, path: Path, n: int, data: Data | None = None) -> None:
        """Draw ``n`` interpolations between two codes, each as a row of images or a path in the plane.

        Args:
            path: path of the picture.
            n: number of interpolations.
            data: data whose points are drawn under the paths; only for samples of the plane.

        Raises:
            UsageError: samples of this shape have no picture, or there are more than a picture can show.
        """
        self._check_picture(n, WAY_STEPS)
        generator = self._trained.networks.generator
        start, end = (generator.draw_latent(n, self._rng) for _ in range(2))
        labels = self._sampler.draw_labels(n, self._rng)
        with evaluating(generator):
            samples = interpolation(generator, start, end, WAY_STEPS, labels=labels)
        if data is not None:
            real = data.take(min(SHOWN, data.size or SHOWN), rng=self._rng).samples
            fake = torch.cat([batch.samples for batch in self.batches(SHOWN)])
            save_png(ways(samples, real, fake), path)
            return
        images = self._unit(samples.float().cpu().flatten(0, 1))
        save_png(way_rows(images, labels, WAY_STEPS, self._classes), path)

    def array(self, path: Path, n: int) -> None:
        """An ``.npz`` file, written while samples are drawn; :func:`numpy.load` and the dataset ``npz`` read it.

        ``samples`` is ``(n, *x)`` of float32, and ``value_range`` ``(2,)`` the generator's value range, if it has one.
        With a class-conditional generator there are also ``labels``, ``(n,)`` of int64, and ``class_names``, if the
        classes have names.
        """
        labels: list[Tensor] = []
        with creating(path) as partial, ZipFile(partial, "w") as archive:
            with member(archive, "samples", (n, *self._spec.shape), np.dtype("<f4")) as write:
                for batch in self.batches(n):
                    write(batch.samples)
                    if batch.labels is not None:
                        labels.append(batch.labels)
            if self._spec.value_range:
                with member(archive, "value_range", (2,), np.dtype("<f4")) as write:
                    write(torch.tensor(self._spec.value_range))
            if labels:
                with member(archive, "labels", (n,), np.dtype("<i8")) as write:
                    for part in labels:
                        write(part)
                if self._classes is not None and self._classes.names is not None:
                    names = np.array(self._classes.names, dtype=np.str_)
                    with member(archive, "class_names", names.shape, names.dtype) as write:
                        write(names)

    def images(self, folder: Path, n: int) -> None:
        """A folder of images, ``000000.png`` and so on, written with all images or not at all.

        With a class-conditional generator it has a subfolder for each class, in which numbers begin at 0.

        Raises:
            UsageError: samples are not images.
        """
        self._check_images()
        with storage(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            folders = self._classes.folders() if self._classes else ()
            done: Counter[str] = Counter()
            for batch in self.batches(n):
                for name, samples in _by_class(batch, folders):
                    save_images(self._unit(samples), partial / name, first=done[name])
                    done[name] += len(samples)
            with storage(folder):
                if folder.exists():
                    shutil.rmtree(folder)
                partial.chmod(0o755)
                partial.replace(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def batches(self, n: int, labels: Tensor | None = None) -> Iterator[Batch]:
        """The samples with their labels, a few at a time."""
        done = 0
        for batch in self._sampler.batches(n, self._rng, labels):
            yield batch
            done += len(batch.samples)
            if self._watch:
                self._watch(done)

    def _unit(self, samples: Tensor) -> Tensor:
        return to_unit(samples, self._spec.value_range)

    def _check_picture(self, n: int, each: int) -> None:
        if not self.planar:
            self._check_images()
        most, what = (SHOWN, "points") if self.planar else (TILES, "images")
        if n * each > most:
            of = f" ways of {each} samples" if each > 1 else ""
            raise UsageError(
                f"a picture shows up to {most:,} {what}, and -n {n:,}{of} are more",
                remedy=f"choose -n {most // each} or less" + ("" if each > 1 else ", or --out FILE.npz"),
            )

    def _check_images(self) -> None:
        shape = tuple(self._spec.shape)
        if len(shape) != 3 or shape[0] not in (1, 3):
            files = "FILE.npz or --out FILE.png" if self.planar else "FILE.npz"
            raise UsageError(f"samples of shape {shape} are no images", remedy=f"choose --out {files}")


def check_free(path: Path, *, overwrite: bool) -> None:
    """Check, before any sample is drawn, that samples may be written to a path.

    Args:
        path: path of a file if it ends with ``.png`` or ``.npz``, else of a folder.
        overwrite: whether an existing file may be replaced, or a folder that contains nothing but numbered images and
            folders of these.

    Raises:
        UsageError: something is there that may not be replaced, or the name has another ending.
    """
    if path.suffix not in ("", ".png", ".npz"):
        raise UsageError(
            f"{path} ends with {path.suffix!r}, which says nothing of what to write",
            remedy="choose --out FILE.png, FILE.npz, or for a folder of images a name without a dot",
        )
    with found(path):
        there = path.exists()
    if not there:
        return
    if path.is_dir() == bool(path.suffix):
        what = "a folder" if path.suffix else "no folder"
        raise UsageError(f"{path} exists and is {what}; it is left alone", remedy="choose another name with --out")
    names = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else [path.name]
    others = sorted(_no_samples(path)) if path.is_dir() else []
    if others:
        raise UsageError(
            f"{path} holds what no sample is, such as {others[0]}; it is left alone",
            remedy="choose another folder with --out",
        )
    if names and not overwrite:
        raise UsageError(f"{path} exists", remedy="add --overwrite, or choose another name")


def _no_samples(folder: Path) -> Iterator[str]:
    """Names in a folder that are neither numbered images nor folders of nothing but these."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            inside = list(entry.iterdir())
            if not inside or not all(_IMAGE.fullmatch(own.name) and own.is_file() for own in inside):
                yield entry.name
        elif not _IMAGE.fullmatch(entry.name):
            yield entry.name


def _by_class(batch: Batch, folders: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
    """The samples of each class with the name of its folder; without classes all samples, with an empty name."""
    if batch.labels is None or not folders:
        yield "", batch.samples
        return
    for label in batch.labels.unique().tolist():
        yield folders[label], batch.samples[batch.labels == label]

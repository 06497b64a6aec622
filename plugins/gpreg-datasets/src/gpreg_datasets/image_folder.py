"""A folder of images as a dataset."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gpreg.data.arrays import ArrayData
from gpreg.data.loading import MOST_WORKERS, cores
from gpreg.errors import DataError, OptionError
from gpreg.interfaces import Data, DatasetSource, Opening
from gpreg_datasets.folder_classes import class_names, class_numbers
from gpreg_datasets.folder_notes import notes, record, refuse_unreadable
from gpreg_datasets.ground import ground_colour
from gpreg_datasets.holding import Held, MappedImages, hold
from gpreg_datasets.holdout import hold_out
from gpreg_datasets.image_files import ImageFiles
from gpreg_datasets.listing import ImageFile, Listing, list_images
from gpreg_datasets.options import ImageFolderOptions
from gpreg_datasets.printable import printable, some
from gpreg_datasets.streamed_images import StreamedImages

FEW = 512
"""Up to this number, images are surveyed by this process: starting workers would take longer."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The files of one split.

    Attributes:
        files: the readable files of the split.
        rows: their indices among all readable images of the folder.
        numbers: their indices among all files of the folder.
        names: names of the classes; ``None`` without classes.
    """

    files: tuple[ImageFile, ...]
    rows: slice
    numbers: tuple[int, ...]
    names: tuple[str, ...] | None


class ImageFolder(DatasetSource):
    """Images of a folder and its subfolders, resized (shorter side, Lanczos) and centre-cropped to a square.

    Without a test folder, the test split consists of the files whose names have a hash below ``holdout``: a file is in
    the same split on every machine, whatever other files are added or removed. At least one image (of each class, if
    there are classes) is left for training, the one with the greatest hash.

    With ``classes``, the first-level subfolders are classes, numbered in the order of their names; else there are no
    labels.
    """

    def __init__(self, options: ImageFolderOptions) -> None:
        self._options = options
        self._ground = ground_colour(options.ground, "image-folder")

    def open(self, opening: Opening) -> Data:
        """List the images, decode each once (or find the result in the cache), and keep them where they fit.

        Raises:
            OptionError: no folder is given.
            DataError: the folder is missing or has no images; or some cannot be read, which are named; or nothing is
                held out for testing.
        """
        options = self._options
        if options.folder is None:
            raise OptionError(
                "image-folder has no folder", remedy="give the option folder=DIR (-D folder=DIR), a folder of images"
            )
        testing = opening.split == "test"
        elsewhere = testing and options.test_folder is not None
        listing = list_images(options.folder.expanduser(), "folder")
        names = class_names(listing) if options.classes else None
        if elsewhere:
            assert options.test_folder is not None
            listing = list_images(options.test_folder.expanduser(), "test_folder")
        labels = class_numbers(listing, names) if names else None
        share = 0.0 if options.test_folder is not None else options.holdout
        held_out = hold_out([file.name for file in listing.files], share, labels)
        order = sorted(range(len(held_out)), key=held_out.__getitem__)  # stable: those for training first
        all_files = [listing.files[number] for number in order]
        files = ImageFiles(listing.folder, all_files, size=options.size, channels=options.channels, ground=self._ground)
        held = self._hold(files, listing, all_files)
        refuse_unreadable(listing, held.survey, go_on=options.skip_unreadable)
        readable = [number for number, file in enumerate(all_files) if file.name not in held.survey.unreadable]
        from_the_same = testing and not elsewhere
        chosen = [(row, number) for row, number in enumerate(readable) if held_out[order[number]] == from_the_same]
        self._check(listing, {all_files[number].top for _, number in chosen}, () if testing else names, from_the_same)
        part = Part(
            files=tuple(all_files[number] for _, number in chosen),
            rows=slice(chosen[0][0], chosen[-1][0] + 1),
            numbers=tuple(number for _, number in chosen),
            names=names,
        )
        data = self._data(part, files, held, opening)
        data.class_names = None if names is None else tuple(map(printable, names))
        kept_back = sum(held_out[order[number]] for number in readable)
        data.notes = notes(listing, held.survey, options, training=len(readable) - kept_back, held_out=kept_back)
        data.record = record(listing, held.survey, training=len(readable) - kept_back, held_out=kept_back)
        return data

    def _hold(self, files: ImageFiles, listing: Listing, in_order: Sequence[ImageFile]) -> Held:
        options, few = self._options, len(files) <= FEW
        depends = {
            "folder": str(listing.folder.resolve()),
            "files": list(in_order),
            "size": options.size,
            "channels": options.channels,
            "ground": list(self._ground),
        }
        return hold(
            files,
            f"the images of {printable(listing.folder)}",
            depends,
            in_memory=options.in_memory,
            cache=options.cache,
            workers=(0 if few else self._workers()) if options.workers is None else options.workers,
        )

    def _workers(self) -> int:
        return min(cores(), MOST_WORKERS) if self._options.workers is None else self._options.workers

    def _check(self, listing: Listing, tops: set[str], classes: Sequence[str] | None, testing: bool) -> None:
        """Refuse a split that has no readable images, or none of some class."""
        folder = printable(listing.folder)
        if missing := set(classes or ()) - tops:
            raise DataError(
                f"no image of the classes {some(sorted(missing), 5)} of {folder} can be read and trained on",
                remedy="replace their images, or remove their subfolders",
            )
        if tops:
            return
        if testing:
            raise DataError(
                f"nothing of {folder} is held out for testing (holdout={self._options.holdout:g} of "
                f"{len(listing.files):,} images)",
                remedy="give test_folder=DIR, more images, or a larger share such as holdout=0.2 (-D holdout=0.2)",
            )
        raise DataError(f"no image of {folder} is left", remedy="put images there that can be read")

    def _data(
        self,
        part: Part,
        files: ImageFiles,
        held: Held,
        opening: Opening,
    ) -> ArrayData | StreamedImages:
        options = self._options
        labels, classes = _labels(part)
        mirror = options.mirror and opening.split == "train"
        fingerprint = _fingerprint(part.files)
        if held.images is not None and not held.large:
            data = ArrayData(
                held.images[part.rows],
                labels,
                classes=classes,
                value_range=opening.value_range,
                pixel_rule=options.pixel_rule,
                mirror=mirror,
            )
            data.fingerprint = fingerprint
            return data
        mapped = held.images is not None
        return StreamedImages(
            files.select(part.numbers) if held.images is None else MappedImages(held.images[part.rows]),
            labels,
            classes=classes,
            value_range=opening.value_range,
            pixel_rule=options.pixel_rule,
            mirror=mirror,
            workers=0 if mapped and options.workers is None else self._workers(),
            fingerprint=fingerprint,
        )


def _labels(part: Part) -> tuple[Tensor | None, int | None]:
    """``(N,)`` of int64 and the number of classes, if there are any."""
    if part.names is None:
        return None, None
    number_of = {name: number for number, name in enumerate(part.names)}
    return torch.tensor([number_of[file.top] for file in part.files]), len(part.names)


def _fingerprint(files: Sequence[ImageFile]) -> str:
    """A hash of the files' names and sizes, in order; not of their times, which change when a folder is copied."""
    lines = (f"{file.name}\0{file.size}\n".encode("utf-8", "surrogateescape") for file in files)
    return hashlib.sha256(b"".join(lines)).hexdigest()[:32]

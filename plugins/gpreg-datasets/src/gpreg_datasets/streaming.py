"""Datasets too large for memory: images are decoded by worker processes while the networks train."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from gpreg.errors import DataError
from gpreg.interfaces import Batch, BatchStream, Data, SampleSpec
from gpreg_datasets.arrays import draw_indices
from gpreg_datasets.order import ShuffledOrder
from gpreg_datasets.pixels import DEFAULT_RANGE, scale_pixels

READ_BATCH = 64
"""Images that a worker decodes at a time when order does not matter."""

Decoded = tuple[Tensor, Tensor] | DataError
"""Numbers ``(B,)`` and images ``(B, C, H, W)`` of bytes; or what was wrong, told as a value because an exception that
crosses processes arrives as a different one, wrapped in a traceback."""


class ImageFiles(Dataset[Decoded]):
    """Image files, decoded a batch at a time.

    Args:
        paths: of the files.
        size: height and width; the shorter side is resized to it and the centre is cropped.
        channels: 3 for RGB, 1 for grey.
    """

    def __init__(self, paths: Sequence[str], *, size: int, channels: int) -> None:
        # One array, not a list: touching a list's strings would copy their pages into every worker.
        self._paths = np.array([os.fsencode(path) for path in paths])
        self._mode = {1: "L", 3: "RGB"}[channels]
        self.shape = (channels, size, size)

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def decoded_bytes(self) -> int:
        """Size of all images as uint8."""
        channels, height, width = self.shape
        return len(self) * channels * height * width

    def __getitem__(self, index: int) -> Decoded:
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Decoded:
        """The images with these numbers; what a :class:`DataLoader` calls for a batch."""
        images = torch.empty(len(indices), *self.shape, dtype=torch.uint8)
        for place, index in enumerate(indices):
            path = os.fsdecode(self._paths[index])
            try:
                images[place] = self._decode(path)
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # what Pillow raises
                return DataError(
                    f"{path} cannot be read as an image: {type(error).__name__}: {error}",
                    remedy="replace or remove the file",
                )
        return torch.tensor(indices), images

    def _decode(self, path: str) -> Tensor:
        with Image.open(path) as opened:
            if opened.mode[0] in "IF":  # Pillow would clip them
                raise ValueError(f"its pixels have more than 8 bits (mode {opened.mode})")
            image = opened.convert(self._mode)
        size = self.shape[-1]
        pixels: Tensor = pil_to_tensor(center_crop(resize(image, size, InterpolationMode.LANCZOS), size))
        return pixels


class StreamedData(Data):
    """Image files as a dataset.

    Args:
        files: the images.
        labels: ``(N,)`` of int64, or ``None``.
        classes: number of labels.
        value_range: what images are scaled to; ``None``: (-1, 1).
        workers: processes that decode; 0: this one.
    """

    size: int

    def __init__(
        self,
        files: ImageFiles,
        labels: Tensor | None = None,
        *,
        classes: int | None = None,
        value_range: tuple[float, float] | None = None,
        workers: int = 0,
    ) -> None:
        self.files, self.labels, self.workers = files, labels, workers
        self.value_range = value_range or DEFAULT_RANGE
        self.size = len(files)
        self.spec = SampleSpec(shape=files.shape, value_range=self.value_range, classes=classes)

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end, in the order that data in memory would have.

        Raises:
            DataError: fewer samples than one global batch; later, a file that cannot be read.
        """
        order = ShuffledOrder(self.size, batch_size, seed=seed, rank=rank, ranks=ranks)
        return StreamedBatches(self, order, torch.device(device))

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """``n`` different samples.

        Raises:
            DataError: there are fewer, or a file cannot be read.
        """
        chosen = draw_indices(self.size, n, rng).cpu()
        images = torch.cat([images for _, images in self.decode(torch.split(chosen, READ_BATCH), rng.device)])
        return self.finish(chosen, images, rng.device)

    def read_all(self) -> Tensor:
        """``(N, C, H, W)`` of uint8: every image, in the order of the files.

        Raises:
            DataError: a file cannot be read.
        """
        images = torch.empty(self.size, *self.files.shape, dtype=torch.uint8)
        for numbers, decoded in self.decode(torch.split(torch.arange(self.size), READ_BATCH)):
            images[numbers] = decoded
        return images

    def decode(self, batches: Iterable[Tensor], device: torch.device | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Numbers ``(B,)`` and their images as bytes, batch by batch, on the CPU; pinned if ``device`` is a GPU."""
        loader = DataLoader(
            self.files,
            batch_sampler=_Numbers(batches),
            num_workers=self.workers,
            collate_fn=_as_decoded,
            pin_memory=device is not None and device.type == "cuda",
            generator=torch.Generator(),  # else the workers' seed is drawn from the global one
        )
        for decoded in loader:
            if isinstance(decoded, DataError):
                raise decoded
            yield decoded

    def finish(self, numbers: Tensor, images: Tensor, device: torch.device) -> Batch:
        """Bytes as a batch: they travel as bytes and are converted on the device."""
        labels = None if self.labels is None else self.labels[numbers].to(device)
        return Batch(scale_pixels(images.to(device, non_blocking=True), self.value_range), labels)


class StreamedBatches(BatchStream):
    """Batches of :class:`StreamedData`. Workers run ahead of the batches handed out; the state counts only these."""

    def __init__(self, data: StreamedData, order: ShuffledOrder, device: torch.device) -> None:
        self._data, self._order, self._device = data, order, device
        self._decoded: Iterator[tuple[Tensor, Tensor]] | None = None

    def __next__(self) -> Batch:
        """The next batch; always full. The first one starts the workers.

        Raises:
            DataError: a file cannot be read.
        """
        if self._decoded is None:
            self._decoded = self._data.decode(self._order.ahead(), self._device)
        batch = self._data.finish(*next(self._decoded), self._device)
        self._order.advance()
        return batch

    def state_dict(self) -> Mapping[str, Any]:
        """The place in the order."""
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a place, bit for bit, reading nothing before it.

        Raises:
            DataError: the number of files has changed since.
        """
        self._order.load_state_dict(state)
        self._decoded = None  # the workers that ran ahead from the old place stop


class _Numbers:
    """Batches of numbers as lists, which is what a :class:`DataLoader` sends to its workers."""

    def __init__(self, batches: Iterable[Tensor]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self._batches)


def _as_decoded(decoded: Any) -> Any:  # no lambda: it travels to the workers
    return decoded

"""The Inception network of torch-fidelity, whose features the usual scores of images are computed from."""

import hashlib
import io
import logging
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
import torch_fidelity
from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3

from gpreg.errors import DataError, UsageError
from gpreg.interfaces import Data
from gpreg_metrics.options import InceptionOptions

NAME = "inception-v3-compat"
"""Torch-fidelity's name for the network of the original FID, with TensorFlow's resizing to 299x299."""

FILE = URL_INCEPTION_V3.rpartition("/")[2]
"""The file of weights that torch-fidelity publishes. The end of its name is the beginning of its SHA-256."""

PUBLISHED_HASH = FILE.removesuffix(".pth").rpartition("-")[2]

FETCH = "fetch the file with `gpreg evaluate RUN --metric fid -S download=true`"
"""How to fetch the weights, which serve every metric and every run; part of a remedy."""

_logger = logging.getLogger("gpreg")


class Inception:
    """A layer of Inception-v3, as a function of images. The network is loaded at its first use.

    Args:
        layer: ``"2048"``, the features before the last layer, ``(b, 2048)``; or ``"logits_unbiased"``, the logits of
            1008 classes without their bias, ``(b, 1008)``.
        options: say where the weights are.
    """

    def __init__(self, layer: Literal["2048", "logits_unbiased"], options: InceptionOptions) -> None:
        self.layer = layer
        self._options = options

    @property
    def identity(self) -> str:
        """The network, the layer, and the SHA-256 of the weights."""
        return f"{NAME}:{self.layer}:{self._loaded[1]}"

    @property
    def device(self) -> torch.device:
        """The device of the network, which is that of the last images."""
        device: torch.device = self._loaded[0].fc.weight.device
        return device

    @property
    def provenance(self) -> dict[str, Any]:
        """The network, its weights, and the versions of PyTorch and torch-fidelity."""
        sha256 = self._loaded[1]
        return {
            "extractor": NAME,
            "layer": self.layer,
            "weights sha256": sha256,
            "weights as published": sha256.startswith(PUBLISHED_HASH),
            "torch-fidelity": torch_fidelity.__version__,
            "torch": torch.__version__,
        }

    def prepare(self, data: Data, metric: str) -> None:
        """Load the network, so that errors are raised before any sample is generated.

        Raises:
            UsageError: the data are no grey or RGB images.
            DataError: the weights are missing, damaged or not Inception's.
        """
        if len(data.spec.shape) != 3 or data.spec.shape[0] not in (1, 3):
            raise UsageError(
                f"metric {metric!r} scores grey or RGB images, (1 or 3, H, W); this data has samples of shape "
                f"{data.spec.shape}",
                remedy="`gpreg list-metrics` says which samples each metric scores",
            )
        _ = self._loaded

    def features(self, images: Iterable[Tensor]) -> Iterator[Tensor]:
        """The layer's outputs for images.

        Args:
            images: batches ``(b, 1 or 3, H, W)`` of uint8; grey is repeated. The network is moved to their device.

        Yields:
            ``(b, F)`` in float32.

        Raises:
            DataError: the weights are missing, damaged or not Inception's.
        """
        network, _ = self._loaded
        for batch in images:
            with torch.no_grad():
                (features,) = network.to(batch.device)(batch.expand(-1, 3, -1, -1))
            yield features

    @cached_property
    def _loaded(self) -> tuple[Any, str]:
        path = _find(self._options.weights, download=self._options.download)
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                state = torch.load(file, map_location="cpu", weights_only=True)
            return _network(self.layer, state), sha256
        except Exception as error:  # the unpickler may raise anything for a damaged file
            reason = " ".join(str(error).split())[:200]
            raise DataError(
                f"{path} cannot be read as the weights of Inception: {type(error).__name__}: {reason}",
                remedy=f"name {FILE}, as torch-fidelity publishes it, with -S weights=FILE; its SHA-256 begins with "
                f"{PUBLISHED_HASH}",
            ) from error


def _network(layer: str, state: Any) -> Any:
    # torch-fidelity unpickles the file that it is given without restriction. So it is given bytes that are made
    # here from tensors that were read safely.
    content = io.BytesIO()
    torch.save(state, content)
    content.seek(0)
    with torch.random.fork_rng(devices=[]):  # the constructor draws initial weights before it loads these
        return FeatureExtractorInceptionV3(NAME, [layer], feature_extractor_weights_path=content)


def _find(weights: Path | None, *, download: bool) -> Path:
    named = os.environ.get("GPREG_WEIGHTS")
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    folders = [Path(named).expanduser(), hub] if named else [hub]
    places = [weights.expanduser()] if weights else [folder / FILE for folder in folders]
    for place in places:
        if place.is_file():
            return place
    if download and not weights:
        return _download(places[0])
    raise DataError(
        f"the weights of Inception are not there: looked for {' and '.join(map(str, places))}",
        remedy=f"{FETCH}, or name it with -S weights=FILE; it is {FILE} of torch-fidelity's release v0.2.0 on GitHub "
        "(toshas/torch-fidelity). In a recipe, download or weights stands below the metric's name",
    )


def _download(target: Path) -> Path:
    _logger.info("fetching %s", URL_INCEPTION_V3)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(URL_INCEPTION_V3, str(target), hash_prefix=PUBLISHED_HASH, progress=False)
    except (OSError, RuntimeError) as error:  # RuntimeError: the hash is wrong
        raise DataError(
            f"{FILE} could not be downloaded to {target}: {error}",
            remedy="check the network and that there is space and try again, or fetch it yourself and name it with "
            "-S weights=FILE",
        ) from error
    return target

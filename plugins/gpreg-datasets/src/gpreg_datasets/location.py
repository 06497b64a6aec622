"""The folder for data, and downloads into it that are complete or leave nothing behind."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs

from gpreg.errors import DataError

SYSTEM = Path("/usr/share/datasets")
"""The folder of Debian's ``dataset-*`` packages, with a subfolder for each."""

DOWNLOAD = "fetch it with --download (in Python: open(download=True))"
"""How a user allows a download, as the end of a remedy."""


def data_root(root: Path | None) -> Path:
    """The folder for data: ``root``, else ``$GPREG_DATA``, else the user's cache folder."""
    if root is None:
        root = Path(os.environ.get("GPREG_DATA") or platformdirs.user_cache_path("gpreg"))
    return root.expanduser()


def fetch(root: Path, name: str, download: Callable[[Path], object]) -> None:
    """Make the folder ``root / name`` by a download; if that fails, or is interrupted, leave nothing behind.

    Args:
        root: folder for data, made if it does not exist.
        name: name of the folder that ``download`` makes.
        download: a function that is given an empty folder, and makes ``name`` in it.

    Raises:
        DataError: the download failed, or ``root / name`` exists already and is not empty.
    """
    target = root / name
    if target.is_dir() and any(target.iterdir()):
        raise DataError(f"{target} is in the way of a download: it is incomplete", remedy=f"remove {target}; try again")
    try:
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=root, prefix=f".{name}-") as staging:  # a sibling, so that renaming is atomic
            download(Path(staging))
            try:
                (Path(staging) / name).replace(target)
            except OSError:
                if not target.is_dir():  # else another process was faster, and its copy is complete too
                    raise
    except (OSError, RuntimeError) as error:  # RuntimeError: torchvision's, for a wrong checksum
        raise DataError(
            f"{name} could not be downloaded into {root}: {error}",
            remedy="check the network and the free space and try again, or fetch the files yourself and give the "
            "option folder=DIR",
        ) from error

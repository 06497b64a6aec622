"""The data of a recipe."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from gpreg.interfaces import Data, DatasetSource
from gpreg.interfaces.dataset import Split
from gpreg.recipe import Recipe
from gpreg.registry.registry import Registry
from gpreg.runs.networks import architecture_of


@dataclass(frozen=True, kw_only=True)
class DataAccess:
    """How this machine gets at data; not of the experiment, so not in its recipe.

    Attributes:
        root: where data is kept; ``None``: ``$GPREG_DATA``, else the user's cache folder.
        download: whether it may be fetched.
    """

    root: Path | None = None
    download: bool = False


def open_data(recipe: Recipe, registry: Registry, access: DataAccess, split: Split = "train") -> Data:
    """Open the recipe's dataset, scaled to what its architecture generates.

    Raises:
        DataError: missing or damaged; says what was looked for, where, and how to get it.
    """
    source = cast(DatasetSource, registry.build("dataset", recipe.dataset.name, recipe.dataset.options))
    value_range = architecture_of(recipe, registry).value_range
    return source.open(root=access.root, download=access.download, split=split, value_range=value_range)

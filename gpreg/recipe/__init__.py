"""Recipes: one experiment as frozen data, read from TOML, changed by choices, written back complete. Torch-free."""

from gpreg.recipe.catalogue import borrowed_recipe, for_architecture, load
from gpreg.recipe.choices import chosen_for, override
from gpreg.recipe.clash import Clash, check_clashes, clashes
from gpreg.recipe.document import read, write
from gpreg.recipe.recipe import CompleteRecipe, Recipe
from gpreg.recipe.resolution import resolve
from gpreg.recipe.settings import (
    AverageSettings,
    Choice,
    ComputeSettings,
    OptimizerSettings,
    PenaltySettings,
    ReportSettings,
    ScheduleSettings,
    TrainingSettings,
)
from gpreg.recipe.table import to_table

__all__ = [
    "AverageSettings",
    "Choice",
    "Clash",
    "CompleteRecipe",
    "ComputeSettings",
    "OptimizerSettings",
    "PenaltySettings",
    "Recipe",
    "ReportSettings",
    "ScheduleSettings",
    "TrainingSettings",
    "borrowed_recipe",
    "check_clashes",
    "chosen_for",
    "clashes",
    "for_architecture",
    "load",
    "override",
    "read",
    "resolve",
    "to_table",
    "write",
]

"""Recipes: one experiment as frozen data, read from TOML, changed by choices, written back complete. Torch-free."""

from gpreg.recipe.recipe import Recipe
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

__all__ = [
    "AverageSettings",
    "Choice",
    "ComputeSettings",
    "OptimizerSettings",
    "PenaltySettings",
    "Recipe",
    "ReportSettings",
    "ScheduleSettings",
    "TrainingSettings",
]

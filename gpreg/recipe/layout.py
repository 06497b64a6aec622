"""The tables of a recipe, in the order in which they are written: plugins first, then the settings."""

from dataclasses import Field, fields
from typing import Any

from gpreg.recipe.settings import (
    AverageSettings,
    ComputeSettings,
    PenaltySettings,
    ReportSettings,
    ScheduleSettings,
    TrainingSettings,
)
from gpreg.registry.kinds import KINDS

TEXTS = ("summary", "source")
"""Keys outside of any table."""

PLUGINS = {kind.key: kind for kind in KINDS.values() if kind.recipe in ("one", "optional")}
"""Tables that name one plugin and its options, each with the plugin's kind."""

REQUIRED = tuple(key for key, kind in PLUGINS.items() if kind.recipe == "one")
"""Those of :data:`PLUGINS` that a recipe must have; ``form`` follows from the measure."""

LISTS = {kind.key: kind for kind in KINDS.values() if kind.recipe == "several"}
"""Arrays of tables that name several plugins and their options, each with the plugins' kind."""

OPTIMIZERS = ("critic_optimizer", "generator_optimizer")
"""Tables with an optimiser's ``name`` and its arguments."""

SETTINGS: dict[str, type] = {
    "penalty": PenaltySettings,
    "training": TrainingSettings,
    "schedule": ScheduleSettings,
    "average": AverageSettings,
    "compute": ComputeSettings,
    "report": ReportSettings,
}
"""Tables with a fixed set of keys, each with the dataclass that defines them."""

UNSTATED = "unstated"
"""The table of dotted keys whose values the source does not give."""

ORDER = (
    *TEXTS,
    *PLUGINS,
    "penalty",
    "training",
    *OPTIMIZERS,
    "schedule",
    "average",
    "compute",
    "report",
    *LISTS,
    UNSTATED,
)
"""Every key that a recipe has at its top level."""


def whereabouts(key: str) -> tuple[str, ...]:
    """The settings tables that have a key: ``("penalty",)`` for ``"rho"``."""
    return tuple(name for name, cls in SETTINGS.items() if key in {field.name for field in fields(cls)})


def setting(key: str) -> "Field[Any]":
    """The field behind a dotted key, such as ``"penalty.rho"``; its metadata has help, bounds and choices."""
    table, _, name = key.partition(".")
    return next(field for field in fields(SETTINGS[table]) if field.name == name)

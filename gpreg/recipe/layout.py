"""The tables of a recipe, in the order in which they are written: what is chosen first, then the settings."""

from dataclasses import fields

from gpreg.recipe.settings import (
    AverageSettings,
    ComputeSettings,
    PenaltySettings,
    ReportSettings,
    ScheduleSettings,
    TrainingSettings,
)

TEXTS = ("summary", "source")
"""Keys outside of any table."""

PLUGINS = ("measure", "form", "loss", "architecture", "dataset")
"""Tables with one plugin's ``name`` and its options; each is called what its kind is called."""

REQUIRED = ("measure", "loss", "architecture", "dataset")
"""Tables without which there is no experiment; ``form`` follows from the measure."""

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
"""Tables of fixed keys."""

LISTS = {"metrics": "metric", "observers": "observer"}
"""Arrays of tables, each with a plugin's ``name`` and its options, and the kind of the plugins."""

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
    """The settings tables that have such a key: ``("penalty",)`` for ``"rho"``."""
    return tuple(name for name, cls in SETTINGS.items() if key in {field.name for field in fields(cls)})

"""gpreg: a plugin-based registry of GAN regularizers, in which the penalty measure is a first-class object.

The public names are imported when they are first used, so that listing and explaining never wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpreg.experiments.experiment import Experiment as Experiment
    from gpreg.experiments.experiment import experiment as experiment
    from gpreg.experiments.opening import open_run as open_run
    from gpreg.experiments.run import Run as Run
    from gpreg.objects.pair import Pair as Pair
    from gpreg.penalties import CriticObjective as CriticObjective
    from gpreg.penalties import Penalty as Penalty
    from gpreg.penalties.assembly import loss as loss
    from gpreg.penalties.assembly import penalty as penalty
    from gpreg.registry.loading import hookimpl as hookimpl
    from gpreg.registry.options import option as option
    from gpreg.registry.registry import Registry as Registry
    from gpreg.registry.registry import load_registry as load_registry
    from gpreg.registry.specs import AdvisorSpec as AdvisorSpec
    from gpreg.registry.specs import ArchitectureSpec as ArchitectureSpec
    from gpreg.registry.specs import CheckSpec as CheckSpec
    from gpreg.registry.specs import Citation as Citation
    from gpreg.registry.specs import Claim as Claim
    from gpreg.registry.specs import CommandSpec as CommandSpec
    from gpreg.registry.specs import DatasetSpec as DatasetSpec
    from gpreg.registry.specs import ExecutorSpec as ExecutorSpec
    from gpreg.registry.specs import FormSpec as FormSpec
    from gpreg.registry.specs import LossSpec as LossSpec
    from gpreg.registry.specs import MeasureSpec as MeasureSpec
    from gpreg.registry.specs import MetricSpec as MetricSpec
    from gpreg.registry.specs import ObserverSpec as ObserverSpec
    from gpreg.registry.specs import RecipeSpec as RecipeSpec

__version__ = "0.1.0"

_HOME = {
    "gpreg.experiments.experiment": ("Experiment", "experiment"),
    "gpreg.experiments.opening": ("open_run",),
    "gpreg.experiments.run": ("Run",),
    "gpreg.objects.pair": ("Pair",),
    "gpreg.penalties": ("CriticObjective", "Penalty", "loss", "penalty"),
    "gpreg.registry.loading": ("hookimpl",),
    "gpreg.registry.options": ("option",),
    "gpreg.registry.registry": ("Registry", "load_registry"),
    "gpreg.registry.specs": (
        "AdvisorSpec",
        "ArchitectureSpec",
        "CheckSpec",
        "Citation",
        "Claim",
        "CommandSpec",
        "DatasetSpec",
        "ExecutorSpec",
        "FormSpec",
        "LossSpec",
        "MeasureSpec",
        "MetricSpec",
        "ObserverSpec",
        "RecipeSpec",
    ),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE)]  # noqa: PLE0604 -- the names of _HOME, each a string


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'gpreg' has no attribute {name!r}")
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE})

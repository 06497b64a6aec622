"""The public names and where they are defined, for type checkers and for ``__init__.py``, which reads this file."""

from gpreg.experiments.experiment import Experiment as Experiment
from gpreg.experiments.experiment import experiment as experiment
from gpreg.experiments.opening import open_run as open_run
from gpreg.experiments.run import Run as Run
from gpreg.objects.pair import Pair as Pair
from gpreg.penalties.assembly import loss as loss
from gpreg.penalties.assembly import penalty as penalty
from gpreg.penalties.monitor import Monitor as Monitor
from gpreg.penalties.objective import CriticObjective as CriticObjective
from gpreg.penalties.penalty import Penalty as Penalty
from gpreg.probing.measurement import probe as probe
from gpreg.probing.probe import Probe as Probe
from gpreg.registry.citation import Citation as Citation
from gpreg.registry.loading import hookimpl as hookimpl
from gpreg.registry.options import option as option
from gpreg.registry.registry import Registry as Registry
from gpreg.registry.registry import load_registry as load_registry
from gpreg.registry.specs import AdvisorSpec as AdvisorSpec
from gpreg.registry.specs import ArchitectureSpec as ArchitectureSpec
from gpreg.registry.specs import AugmentationSpec as AugmentationSpec
from gpreg.registry.specs import CheckSpec as CheckSpec
from gpreg.registry.specs import Claim as Claim
from gpreg.registry.specs import CommandSpec as CommandSpec
from gpreg.registry.specs import ConstraintSpec as ConstraintSpec
from gpreg.registry.specs import DatasetSpec as DatasetSpec
from gpreg.registry.specs import ExecutorSpec as ExecutorSpec
from gpreg.registry.specs import FormSpec as FormSpec
from gpreg.registry.specs import LossSpec as LossSpec
from gpreg.registry.specs import MeasureSpec as MeasureSpec
from gpreg.registry.specs import MetricSpec as MetricSpec
from gpreg.registry.specs import ObserverSpec as ObserverSpec
from gpreg.registry.specs import RecipeSpec as RecipeSpec
from gpreg.registry.specs import RegularizerSpec as RegularizerSpec
from gpreg.registry.specs import SweepSpec as SweepSpec
from gpreg.reports.report import report as report
from gpreg.sweeps.sweep import Sweep as Sweep
from gpreg.sweeps.sweep import open_sweep as open_sweep
from gpreg.sweeps.sweep import sweep as sweep

__version__: str
__all__: list[str]

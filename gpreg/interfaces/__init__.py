"""The classes that plugin authors subclass, one per file."""

from gpreg.interfaces.advisor import Advice, Advisor, ChosenRho, Moment
from gpreg.interfaces.architecture import Architecture, Generator
from gpreg.interfaces.batch import PenaltyBatch, PenaltySample
from gpreg.interfaces.constraint import Constraint
from gpreg.interfaces.dataset import Batch, BatchStream, Data, DatasetSource, GaussianModes, Opening, SampleSpec
from gpreg.interfaces.finding import CheckContext, Finding
from gpreg.interfaces.form import GradientForm
from gpreg.interfaces.loss import ConcaveF, GANLoss
from gpreg.interfaces.measure import PenaltyMeasure
from gpreg.interfaces.metric import Metric, MetricResult
from gpreg.interfaces.observer import Observer
from gpreg.interfaces.term import Term, TermBatch

__all__ = [
    "Advice",
    "Advisor",
    "Architecture",
    "Batch",
    "BatchStream",
    "CheckContext",
    "ChosenRho",
    "ConcaveF",
    "Constraint",
    "Data",
    "DatasetSource",
    "Finding",
    "GANLoss",
    "GaussianModes",
    "Generator",
    "GradientForm",
    "Metric",
    "MetricResult",
    "Moment",
    "Observer",
    "Opening",
    "PenaltyBatch",
    "PenaltyMeasure",
    "PenaltySample",
    "SampleSpec",
    "Term",
    "TermBatch",
]

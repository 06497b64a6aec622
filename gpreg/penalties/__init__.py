"""The penalty, a scalar that measure, form and estimator define, and the critic's objective built on it."""

from gpreg.penalties.assembly import loss, penalty
from gpreg.penalties.compiled import CompiledObjective
from gpreg.penalties.estimators import Estimator, Exact, FiniteDifference
from gpreg.penalties.objective import CriticObjective, ObjectiveTerms
from gpreg.penalties.penalty import Penalty
from gpreg.penalties.terms import PenaltyTerms

__all__ = [
    "CompiledObjective",
    "CriticObjective",
    "Estimator",
    "Exact",
    "FiniteDifference",
    "ObjectiveTerms",
    "Penalty",
    "PenaltyTerms",
    "loss",
    "penalty",
]

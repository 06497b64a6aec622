"""The penalty, a scalar that measure, form and estimator define, and the critic's objective built on it."""

from gpreg.penalties.compiled import CompiledObjective as CompiledObjective
from gpreg.penalties.estimators import Estimator as Estimator
from gpreg.penalties.estimators import Exact as Exact
from gpreg.penalties.estimators import FiniteDifference as FiniteDifference
from gpreg.penalties.noise import Noise as Noise
from gpreg.penalties.objective import CriticObjective as CriticObjective
from gpreg.penalties.objective import ObjectiveTerms as ObjectiveTerms
from gpreg.penalties.penalty import Penalty as Penalty
from gpreg.penalties.terms import PenaltyTerms as PenaltyTerms

"""A finding: what was learnt about one assumption, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gpreg.interfaces.batch import PenaltyBatch
    from gpreg.interfaces.form import GradientForm
    from gpreg.interfaces.loss import GANLoss
    from gpreg.interfaces.measure import PenaltyMeasure


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one assumption of the convergence theorem.

    Attributes:
        assumption: one of :data:`gpreg.registry.specs.ASSUMPTIONS`.
        verdict: ``holds`` is never concluded from a mere failure to find a counterexample; ``violated`` comes with
            a witness that was reproduced on a second batch.
        basis: ``proved`` from structure, ``declared`` by the plugin, or ``measured``.
        evidence: in words.
        statistics: the numbers behind it.
        remedy: what to change; empty when nothing need be.
        source: paper and equation.
    """

    assumption: str
    verdict: Literal["holds", "violated", "undecided"]
    basis: Literal["proved", "declared", "measured"]
    evidence: str
    statistics: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckContext:
    """What a check may look at: the choices made, and two independent batches of their samples."""

    measure: "PenaltyMeasure"
    form: "GradientForm"
    loss: "GANLoss"
    batch: "PenaltyBatch"
    second_batch: "PenaltyBatch"

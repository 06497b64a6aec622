"""Findings of checks about assumptions, and the context that checks are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gpreg.registry.assumptions import ASSUMPTIONS, Verdict
from gpreg.registry.specs import Claim

if TYPE_CHECKING:
    from gpreg.interfaces.architecture import Architecture
    from gpreg.interfaces.batch import PenaltyBatch
    from gpreg.interfaces.form import GradientForm
    from gpreg.interfaces.loss import GANLoss
    from gpreg.interfaces.measure import PenaltyMeasure

Basis = Literal["proved", "declared", "measured"]
Point = Literal["construction", "equilibrium", "training"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one assumption of the convergence theorem.

    Attributes:
        assumption: one of :data:`gpreg.registry.assumptions.ASSUMPTIONS`.
        verdict: ``holds`` is never concluded from a mere failure to find a counterexample; ``violated`` comes with
            a witness that was reproduced on a second batch.
        basis: ``proved`` from structure, ``declared`` by the plugin, or ``measured``.
        evidence: the reason for the verdict, in words.
        statistics: the numbers behind the evidence, as JSON data.
        remedy: what to change; empty if nothing need be changed.
        source: paper and equation.

    >>> finding = Finding(assumption="5b", verdict="undecided", basis="measured", evidence="the data is not looked at")
    >>> finding.remedy
    ''
    """

    assumption: str
    verdict: Verdict
    basis: Basis
    evidence: str
    statistics: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.assumption not in ASSUMPTIONS:
            raise ValueError(f"no assumption {self.assumption!r}; they are {', '.join(ASSUMPTIONS)}")


@dataclass(frozen=True, kw_only=True)
class CheckContext:
    """The input of a check: the choices to check, and two independent batches of samples.

    The players are ``batch.critic`` and ``batch.generator``. A check leaves them, the batches and torch's global random
    state as they were; it draws random numbers from ``batch.rng``, or from a new generator with a fixed seed.

    Attributes:
        measure, form, loss: the choices.
        batch, second_batch: two independent draws, with every field set that a measure may need.
        rho: the penalty's coefficient.
        simple: whether the form is the theorem's, ``|grad D|^2``.
        claims: the claims of the measure's spec, by assumption.
        architecture: the architecture of the networks, if it is known.
        point: where in parameter space the players are. ``"construction"``: the critic's last layer is zero, so that
            D is constant everywhere, and ``batch.fake`` is an independent *data* batch, as it would be at the
            equilibrium; the generator is untrained. ``"equilibrium"``: the caller asserts that the players are at one.
            ``"training"``: anywhere, such as at a run's checkpoint.
        reference: the critic at its initial weights, for scale; ``None``: not known.
        fresh: ``fresh(n, seed)`` draws a further independent batch; ``None``: not possible.

    >>> import torch
    >>> from gpreg import load_registry
    >>> from gpreg.interfaces import PenaltyBatch
    >>> build, rng = load_registry().build, torch.Generator().manual_seed(0)
    >>> one, two = (PenaltyBatch(real=torch.randn(8, 2, generator=rng), rng=rng) for _ in range(2))
    >>> names = {"measure": "pd", "form": "squared", "loss": "wasserstein"}
    >>> CheckContext(**{kind: build(kind, names[kind]) for kind in names}, batch=one, second_batch=two).point
    'training'
    """

    measure: "PenaltyMeasure"
    form: "GradientForm"
    loss: "GANLoss"
    batch: "PenaltyBatch"
    second_batch: "PenaltyBatch"
    rho: float = 1.0
    simple: bool = True
    claims: Mapping[str, Claim] = field(default_factory=dict)
    architecture: "Architecture | None" = None
    point: Point = "training"
    reference: Any = None
    fresh: "Callable[[int, int], PenaltyBatch] | None" = None

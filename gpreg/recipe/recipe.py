"""The recipe: one experiment as frozen data, with what it leaves to defaults or with nothing left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that a run is made from. What it does not state is left to defaults: see :class:`CompleteRecipe`.

    Attributes:
        summary: one line.
        source: where its numbers come from.
        unstated: dotted key to reason, for values that the source does not give.
        measure, loss, architecture, dataset: what is trained, on what.
        form: the gradient form; ``None``: the one that the measure is used with.
        metrics: scores taken during training; the first decides which checkpoint is best.
        observers: who else watches.
    """

    measure: Choice
    loss: Choice
    architecture: Choice
    dataset: Choice
    form: Choice | None = None
    summary: str = ""
    source: str = ""
    unstated: Mapping[str, str] = field(default_factory=dict)
    penalty: PenaltySettings = field(default_factory=PenaltySettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    critic_optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    generator_optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    average: AverageSettings = field(default_factory=AverageSettings)
    compute: ComputeSettings = field(default_factory=ComputeSettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    metrics: tuple[Choice, ...] = ()
    observers: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CompleteRecipe(Recipe):
    """A recipe that leaves nothing to defaults, so that it means the same after one of them has changed.

    :func:`gpreg.recipe.resolve` makes it; a run folder's ``recipe.toml`` holds it.

    Attributes:
        form: the gradient form, of the recipe or of the measure.
    """

    form: Choice

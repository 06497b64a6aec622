"""The recipe: one experiment as frozen data, either with gaps that defaults fill or complete."""

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
    """All choices that define a run. Those that it does not state have defaults: see :class:`CompleteRecipe`.

    Attributes:
        summary: one line.
        source: the publication that the numbers come from.
        unstated: dotted key to reason, for values that the publication does not give.
        measure, loss, architecture, dataset: one plugin each, with its options.
        form: the gradient form; ``None``: the measure's default form.
        regularizers: what the players minimise besides loss and penalty.
        constraints: what the networks' weights obey.
        augmentations: what samples go through before the critic sees them, in this order.
        metrics: scores taken during training; the first decides which checkpoint is best.
        observers: plugins that watch the run.
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
    regularizers: tuple[Choice, ...] = ()
    constraints: tuple[Choice, ...] = ()
    augmentations: tuple[Choice, ...] = ()
    metrics: tuple[Choice, ...] = ()
    observers: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CompleteRecipe(Recipe):
    """A recipe that states everything, so that it means the same after a default has changed.

    :func:`gpreg.recipe.resolve` makes it; a run folder's ``recipe.toml`` contains it.

    Attributes:
        form: the gradient form, which is never ``None`` here.
    """

    form: Choice

    @property
    def title(self) -> str:
        """The main choices in one line: ``"mid / squared / wasserstein / mlp / 8gaussians"``."""
        chosen = (self.measure, self.form, self.loss, self.architecture, self.dataset)
        return " / ".join(choice.name for choice in chosen)

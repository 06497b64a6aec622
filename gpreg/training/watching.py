"""What looks at a run: the observers and metrics that its recipe names, and the critic's gap on held-out samples."""

from collections.abc import Callable
from typing import cast

from gpreg.errors import DataError, GpregError
from gpreg.evaluation.gap import CriticGap
from gpreg.interfaces import Data, Observer
from gpreg.recipe import Recipe
from gpreg.registry.registry import Registry
from gpreg.runs.data import DataAccess, open_data
from gpreg.training.experiment import Experiment
from gpreg.training.seeds import generator_for


def build_observers(recipe: Recipe, registry: Registry) -> list[Observer]:
    """The observers that a recipe names.

    Raises:
        GpregError: one cannot be built.
    """
    return [cast(Observer, registry.build("observer", choice.name, choice.options)) for choice in recipe.observers]


def check_metrics(recipe: Recipe, registry: Registry) -> None:
    """Find out whether every metric can be built, before the first step instead of at the first score.

    Raises:
        GpregError: one cannot. That it lacks its weights, or has no use for such samples, shows when it is taken: it
            is then left out of the run.
    """
    for choice in recipe.metrics:
        registry.build("metric", choice.name, choice.options)


def critic_gap(
    experiment: Experiment, access: DataAccess, tell: Callable[[str], None]
) -> tuple[CriticGap | None, Data | None]:
    """The critic's gap between training and held-out samples, and the latter; where there are none, a note says why."""
    recipe = experiment.recipe
    if not recipe.report.gap_samples:
        return None, None
    held_out: Data | None = None
    try:
        held_out = open_data(recipe, experiment.registry, access, "test")
        if held_out.size == 0:
            raise DataError("no sample is held out")
        return (
            CriticGap.of(
                experiment.data,
                held_out,
                recipe.report.gap_samples,
                rng=generator_for(recipe.training.seed, "gap", experiment.device),
                conditional=recipe.training.conditional,
            ),
            held_out,
        )
    except GpregError as error:  # of whatever kind: training needs no held-out samples
        tell(f"Note: the critic's generalization gap is not measured: {error.message}")
        return None, held_out

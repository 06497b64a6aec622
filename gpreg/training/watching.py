"""What looks at a run: the observers and metrics that its recipe names, and the critic's gap on held-out samples."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from gpreg.errors import DataError, GpregError
from gpreg.evaluation.gap import CriticGap
from gpreg.interfaces import Data, Observer
from gpreg.registry.kinds import METRIC, OBSERVER
from gpreg.runs.data import open_data
from gpreg.runs.plan import Plan
from gpreg.training.seeds import generator_for
from gpreg.training.setup import Setup

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Onlookers:
    """Who looks at a run: in process 0 all, in the others nobody.

    Attributes:
        observers: told what happens.
        gap: the critic's, between training and held-out samples; ``None``: not measured.
        held_out: these samples.
    """

    observers: tuple[Observer, ...] = ()
    gap: CriticGap | None = None
    held_out: Data | None = None

    @classmethod
    def of(cls, setup: Setup, observers: Iterable[Observer]) -> "Onlookers":
        """Those that a recipe names, and further observers before them.

        Raises:
            GpregError: an observer cannot be built.
        """
        if not setup.ranks.main:
            return cls()
        both = (*observers, *build_observers(setup.plan))
        gap, held_out = critic_gap(setup)
        return cls(observers=both, gap=gap, held_out=held_out)


def build_observers(plan: Plan) -> list[Observer]:
    """The observers that a plan names.

    Raises:
        GpregError: one cannot be built.
    """
    return [plan.registry.build(OBSERVER, choice.name, choice.options) for choice in plan.recipe.observers]


def check_metrics(plan: Plan) -> None:
    """Find out whether every metric can be built, before the first step instead of at the first score.

    Raises:
        GpregError: one cannot. That it lacks its weights, or has no use for such samples, shows when it is taken: it
            is then left out of the run.
    """
    for choice in plan.recipe.metrics:
        plan.registry.build(METRIC, choice.name, choice.options)


def critic_gap(setup: Setup) -> tuple[CriticGap | None, Data | None]:
    """The critic's gap between training and held-out samples, and the latter; where there are none, a note says why."""
    recipe = setup.recipe
    if not recipe.report.gap_samples:
        return None, None
    held_out: Data | None = None
    try:
        held_out = open_data(setup.plan, "test")
        if held_out.size == 0:
            raise DataError("no sample is held out")
        return (
            CriticGap.of(
                setup.data,
                held_out,
                recipe.report.gap_samples,
                rng=generator_for(recipe.training.seed, "gap", setup.device),
                conditional=recipe.training.conditional,
            ),
            held_out,
        )
    except GpregError as error:  # of whatever kind: training needs no held-out samples
        _log.info("Note: the critic's generalization gap is not measured: %s", error.message)
        return None, held_out

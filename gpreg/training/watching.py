"""Build what watches a run: observers, and the critic's gap on held-out samples; check that metrics can be built."""

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
    """The observers of a run and the critic's gap; processes other than 0 have none.

    Attributes:
        observers: the observers.
        gap: the critic's gap between training and held-out samples; ``None``: it is not measured.
        held_out: the held-out data.
    """

    observers: tuple[Observer, ...] = ()
    gap: CriticGap | None = None
    held_out: Data | None = None

    @classmethod
    def of(cls, setup: Setup, observers: Iterable[Observer]) -> "Onlookers":
        """Build the observers that the recipe names, after the given ones, and the critic's gap.

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
    """Check before the first step that every metric can be built.

    Raises:
        GpregError: one cannot. Not found is a metric that lacks its weights or cannot score such samples: that shows at
            the first score, and the metric is then left out of the run.
    """
    for choice in plan.recipe.metrics:
        plan.registry.build(METRIC, choice.name, choice.options)


def critic_gap(setup: Setup) -> tuple[CriticGap | None, Data | None]:
    """The critic's gap and the held-out data; without held-out samples, both are ``None`` and a message says why."""
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
    except GpregError as error:  # training can do without held-out samples
        _log.info("Note: the critic's generalization gap is not measured: %s", error.message)
        return None, held_out

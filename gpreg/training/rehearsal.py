"""Rehearse a run: raise whatever it would raise before its first step, without writing anything."""

import logging
from dataclasses import replace
from pathlib import Path

from gpreg.interfaces import Data
from gpreg.recipe import Recipe
from gpreg.registry.kinds import LOSS
from gpreg.runs.data import data_document, open_data
from gpreg.runs.plan import Plan
from gpreg.training.advice import Advisors, refuse, tuned
from gpreg.training.distributed import Ranks
from gpreg.training.restoration import start_from
from gpreg.training.run import Origin
from gpreg.training.setup import check_pairs, check_size, set_up
from gpreg.training.watching import build_observers, check_metrics

PROBE = 4
"""Number of samples in the batch of a rehearsal."""

_log = logging.getLogger(__name__)


def probe(plan: Plan, data: Data) -> Plan:
    """The same plan in float32 on the CPU, with a batch of a few samples: no more than the run computes at once."""
    settings = plan.recipe.training
    smallest = min(settings.batch_size, settings.generator_batch_size or settings.batch_size) // settings.accumulate
    few = max(min(PROBE, smallest, data.size or PROBE), 1)
    small = replace(settings, batch_size=few, generator_batch_size=None, critic_steps=1, accumulate=1)
    return _on_cpu(plan).revised(training=small)


def rehearse(plan: Plan, *, init: Path | None = None, chosen_for: Recipe | None = None, strict: bool = False) -> Data:
    """Do everything that comes before a run's first step, except what depends on the device.

    Args:
        plan: the plan to be trained.
        init: the run whose weights this one is to begin with.
        chosen_for: the recipe with the measure that rho was chosen for, if that is another; notes on it are logged.
        strict: whether a violated assumption is to be refused.

    Returns:
        The data, open.

    Raises:
        NotDownloaded: the data can be downloaded but are missing; what depends on them was not checked.
        GpregError: the run would be refused.
    """
    origin = Origin.read(init) if init else None
    check_metrics(plan)
    build_observers(plan)
    check_pairs(plan.recipe, plan.build(LOSS))
    data = open_data(plan)
    for note in data.notes:
        _log.info("Note: %s", note)
    check_size(plan.recipe, data, Ranks())
    data_document(data, None, dataset=plan.recipe.dataset.name)
    advisors = Advisors(plan, strict=strict)
    recipe = plan.recipe
    added = recipe.regularizers or recipe.constraints or recipe.augmentations
    if init or strict or chosen_for or added or recipe.penalty.rho == "auto":
        setup = set_up(_on_cpu(plan), data=data)  # with the full batch size, since anchors may be made from a batch
        if origin:
            start_from(setup, origin.checkpoint, origin.path)
        if chosen_for:
            for note in advisors.compare(setup, chosen_for):
                _log.info("%s", note)
        setup, _ = tuned(setup, advisors)
        if strict:
            refuse(advisors.say(setup))
    return data


def _on_cpu(plan: Plan) -> Plan:
    return plan.revised(compute=replace(plan.recipe.compute, device="cpu", precision="fp32", compile=False))

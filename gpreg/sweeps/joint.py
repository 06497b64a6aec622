"""Which cells may be trained jointly, as far as their recipes tell. Torch-free."""

import json
import re
from collections.abc import Mapping
from typing import Any

from gpreg.recipe import to_table
from gpreg.registry.kinds import DATASET
from gpreg.registry.plain import plain
from gpreg.runs.plan import Plan

ELEMENTWISE = frozenset({"Adam", "AdamW", "RMSprop", "RMSpropTF", "SGD"})
"""Optimisers that treat each number of a parameter by itself, so that one of stacked parameters does what many do."""

WIDEST = 128
"""The largest whole-number option of an architecture that counts as small: a width, a depth, a length of codes."""

LARGEST_BATCH = 128
"""Above, a step is mostly arithmetic, and two processes on two cores do it faster than one does it jointly."""

FREE = ("summary", "source", "unstated", "metrics", "measure", "form", "dataset")
"""Parts of a recipe in which runs that are trained jointly may differ; and so may rho and the seed."""

_VECTOR = re.compile(r"\(\d+,\)")


def joint_key(plan: Plan) -> str | None:
    """What must be equal in the plans of runs that are trained jointly; ``None``: this one is trained by itself.

    Networks are taken for small by what their recipe says: samples are vectors, and no whole-number option of the
    architecture is above :data:`WIDEST`. What only the networks tell, such as buffers or a measure that learns, is
    found out when they are built, see :func:`gpreg.training.joint.together.train_together`.

    >>> from gpreg.runs.plan import Supply
    >>> supply = Supply(registry=gpreg.load_registry())
    >>> plans = [supply.plan(gpreg.experiment("plane", rho=rho, batch_size=64).recipe) for rho in (1, 2)]
    >>> joint_key(plans[0]) == joint_key(plans[1])
    True
    """
    recipe, shape = plan.recipe, plan.spec(DATASET).shape
    if not _alone_by_choice(plan) and _VECTOR.fullmatch(shape):
        table: dict[str, Any] = {key: part for key, part in plain(to_table(recipe)).items() if key not in FREE}
        table["penalty"] = {key: value for key, value in table["penalty"].items() if key != "rho"}
        table["training"] = {key: value for key, value in table["training"].items() if key != "seed"}
        return json.dumps({"shape": shape, **table}, sort_keys=True)
    return None


def _alone_by_choice(plan: Plan) -> bool:
    """Whether a choice keeps a run apart."""
    recipe = plan.recipe
    training, penalty, compute = recipe.training, recipe.penalty, recipe.compute
    batch = max(training.batch_size, training.generator_batch_size or 0)
    optimizers = (recipe.critic_optimizer, recipe.generator_optimizer)
    return (
        bool(recipe.observers)  # they may think that there is one run a process
        or any(optimizer.name not in ELEMENTWISE for optimizer in optimizers)
        or largest(recipe.architecture.options) > WIDEST
        or batch > LARGEST_BATCH
        or training.conditional
        or training.accumulate > 1
        or penalty.estimator != "exact"
        or penalty.allow_batch_coupling
        or penalty.retune_ticks > 0
        or recipe.report.check_ticks > 0
        or compute.precision != "fp32"
        or compute.compile
    )


def largest(options: Mapping[str, Any]) -> float:
    """The largest whole number among an architecture's options, in lists too; 0 if there is none.

    >>> largest({"width": 64, "activation": "relu", "levels": [1, 2], "slope": 0.2})
    64
    """
    return max((_largest(value) for value in options.values()), default=0)


def _largest(value: object) -> float:
    if isinstance(value, list | tuple):
        return max(map(_largest, value), default=0)
    return abs(value) if isinstance(value, int) and not isinstance(value, bool) else 0

"""Which metrics score a run after its training, with which options."""

from collections.abc import Mapping, Sequence
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.evaluation.trained import Trained
from gpreg.recipe import Choice
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of


def wanted(trained: Trained, names: Sequence[str], settings: Mapping[str, Any]) -> list[Choice]:
    """The metrics to take, with their options.

    Args:
        trained: the run, whose recipe has the default metrics and options.
        names: names of metrics; empty: those of the recipe.
        settings: options; a table with a metric's name applies to this metric, other keys to every metric that has
            such an option.

    Raises:
        UsageError: no metric has an option of this name.
    """
    registry = trained.plan.registry
    named = {choice.name: choice for choice in trained.recipe.metrics}
    chosen = [named.get(name) or Choice(name=name) for name in names] or list(named.values())
    options = {
        choice.name: {info.name for info in describe(options_of(registry.get("metric", choice.name), "metric"))}
        for choice in chosen
    }
    for key, value in settings.items():
        if isinstance(value, Mapping):
            if key not in options:
                raise UsageError(f"-S {key}. is of no metric that is taken{did_you_mean(key, options)}")
        elif not any(key in known for known in options.values()):
            every = {name for known in options.values() for name in known}
            raise UsageError(f"no metric that is taken has an option {key!r}{did_you_mean(key, every)}")
    shared = {key: value for key, value in settings.items() if not isinstance(value, Mapping)}
    return [
        Choice(
            name=choice.name,
            options={
                **choice.options,
                **{key: value for key, value in shared.items() if key in options[choice.name]},
                **settings.get(choice.name, {}),
            },
        )
        for choice in chosen
    ]

"""From a recipe that leaves things out to one that says everything."""

from dataclasses import replace
from typing import cast

from gpreg.recipe.optimizers import complete_optimizer
from gpreg.recipe.recipe import Recipe
from gpreg.recipe.settings import Choice
from gpreg.registry.options import parse, to_table
from gpreg.registry.reference import options_of
from gpreg.registry.registry import Registry
from gpreg.registry.specs import MeasureSpec


def resolve(recipe: Recipe, registry: Registry) -> Recipe:
    """The recipe with nothing left to defaults: the measure's form, every plugin option, every optimiser argument.

    A resolved recipe means the same experiment after a default has changed. Resolving it again changes nothing.

    Raises:
        UsageError: it names what is not installed, or an option that is not possible.
    """

    def complete(kind: str, choice: Choice) -> Choice:
        options = parse(
            options_of(registry.get(kind, choice.name), kind), choice.options, owner=f"{kind} {choice.name!r}"
        )
        return replace(choice, options=to_table(options))

    measure = cast(MeasureSpec, registry.get("measure", recipe.measure.name))
    return replace(
        recipe,
        measure=complete("measure", recipe.measure),
        form=complete("form", recipe.form or Choice(name=measure.form)),
        loss=complete("loss", recipe.loss),
        architecture=complete("architecture", recipe.architecture),
        dataset=complete("dataset", recipe.dataset),
        critic_optimizer=complete_optimizer(recipe.critic_optimizer),
        generator_optimizer=complete_optimizer(recipe.generator_optimizer),
        metrics=tuple(complete("metric", metric) for metric in recipe.metrics),
        observers=tuple(complete("observer", observer) for observer in recipe.observers),
    )

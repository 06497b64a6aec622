"""Complete a recipe with the defaults for what it leaves out."""

from dataclasses import fields, replace
from typing import Any

from gpreg.recipe.layout import OPTIMIZERS
from gpreg.recipe.optimizers import complete_optimizer
from gpreg.recipe.recipe import CompleteRecipe, Recipe
from gpreg.recipe.settings import Choice
from gpreg.registry.kinds import FORM, KINDS, MEASURE, Kind
from gpreg.registry.options import parse, to_table
from gpreg.registry.reference import options_of
from gpreg.registry.registry import Registry
from gpreg.registry.spec import Spec


def resolve(recipe: Recipe, registry: Registry) -> CompleteRecipe:
    """The complete recipe: defaults are filled in for the form, every plugin option and every optimiser argument.

    Resolving a complete recipe again changes nothing.

    Raises:
        UsageError: the recipe names a plugin that is not installed, or an impossible option.
    """

    def complete(kind: Kind[Spec, Any], choice: Choice) -> Choice:
        options = options_of(registry.get(kind, choice.name), kind.name)
        return replace(choice, options=to_table(parse(options, choice.options, owner=f"{kind} {choice.name!r}")))

    changes: dict[str, Any] = {player: complete_optimizer(getattr(recipe, player)) for player in OPTIMIZERS}
    for kind in KINDS.values():
        if kind.recipe == "several":
            changes[kind.key] = tuple(complete(kind, choice) for choice in getattr(recipe, kind.key))
        elif kind.recipe and (choice := getattr(recipe, kind.key)) is not None:
            changes[kind.key] = complete(kind, choice)
    if recipe.form is None:
        changes["form"] = complete(FORM, Choice(name=registry.get(MEASURE, recipe.measure.name).form))
    stated = {field.name: getattr(recipe, field.name) for field in fields(Recipe)}
    return CompleteRecipe(**(stated | changes))

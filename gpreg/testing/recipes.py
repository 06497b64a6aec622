"""Checks that every recipe must pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpreg.recipe import CompleteRecipe, Recipe, check_clashes, load, read, resolve, write
from gpreg.recipe.document import parse
from gpreg.recipe.layout import LISTS, PLUGINS
from gpreg.registry.kinds import RECIPE
from gpreg.registry.reference import supplied
from gpreg.registry.registry import load_registry
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.things import thing_checks


@dataclass(frozen=True)
class RecipeCase(Case):
    """A registered recipe.

    >>> RecipeCase("plane").complete().title
    'mid / squared / wasserstein / mlp / 8gaussians'
    """

    kind = "recipe"

    def complete(self) -> CompleteRecipe:
        """The recipe with every default."""
        registry = load_registry()
        return resolve(load(self.name, registry), registry)


def is_a_table(case: RecipeCase) -> None:
    """The text is TOML."""
    parse(case.build(), origin=supplied(load_registry().get(RECIPE, case.name), case.kind))


def fits_what_is_installed(case: RecipeCase) -> None:
    """It has no mistake and no contradiction, and names what is installed, with options that exist."""
    check_clashes(case.complete(), load_registry())


def names_what_can_be_built(case: RecipeCase) -> None:
    """Everything that it names is built with the options that it states; data are not opened."""
    registry, recipe = load_registry(), case.complete()
    for key, kind in {**PLUGINS, **LISTS}.items():
        chosen = getattr(recipe, key)
        for choice in chosen if isinstance(chosen, tuple) else (chosen,):
            registry.build(kind, choice.name, choice.options)


def comes_back_from_its_text(case: RecipeCase) -> None:
    """Written as a run writes it, with every default, it is read as the same recipe."""
    recipe = case.complete()
    again: Recipe = resolve(read(write(recipe), origin=case.name, registry=load_registry()), load_registry())
    expect(again == recipe, "is read as another recipe after it was written")


def tells_why_a_number_is_a_guess(case: RecipeCase) -> None:
    """Each value under ``[unstated]``, which its publication does not give, has a reason."""
    silent = [key for key, reason in case.complete().unstated.items() if not str(reason).strip()]
    expect(not silent, f"gives no reason for {', '.join(silent)}, which its source does not state")


RECIPE_CHECKS = (
    is_a_table,
    fits_what_is_installed,
    names_what_can_be_built,
    comes_back_from_its_text,
    tells_why_a_number_is_a_guess,
)


def recipe_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered recipe.

    >>> for check in recipe_checks("plane"):
    ...     check()
    >>> print(check)
    plane-tells_why_a_number_is_a_guess
    """
    case = RecipeCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in RECIPE_CHECKS]

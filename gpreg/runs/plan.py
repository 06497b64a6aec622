"""The plan of a run: a complete recipe, with the plugins and the data of this machine. Torch-free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpreg.recipe import Choice, CompleteRecipe, Recipe, check_clashes, override, resolve
from gpreg.registry.kinds import I_co, Kind, S_co
from gpreg.registry.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What this machine has: plugins and data. It is no part of the experiment, and so not in the recipe.

    Attributes:
        registry: the plugins that a recipe may name.
        data_root: folder for data; ``None``: ``$GPREG_DATA``, else the user's cache folder.
        download: whether missing data may be downloaded.
    """

    registry: Registry
    data_root: Path | None = None
    download: bool = False

    def plan(self, recipe: Recipe) -> "Plan":
        """The plan of a recipe, which is completed and checked for clashes.

        Raises:
            UsageError: it names a plugin that is not installed, or an impossible option, or its choices clash.
        """
        complete = resolve(recipe, self.registry)
        check_clashes(complete, self.registry)
        return Plan(recipe=complete, supply=self)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is needed to build what a run trains; :meth:`Supply.plan` makes it.

    Attributes:
        recipe: the recipe, free of clashes.
        supply: the plugins and the data that the recipe names.
    """

    recipe: CompleteRecipe
    supply: Supply

    @property
    def registry(self) -> Registry:
        """The registry in which the recipe's names are looked up."""
        return self.supply.registry

    def spec(self, kind: Kind[S_co, Any]) -> S_co:
        """The spec of the recipe's measure, form, loss, architecture or dataset."""
        return self.registry.get(kind, self._choice(kind).name)

    def build(self, kind: Kind[Any, I_co]) -> I_co:
        """The recipe's measure, form, loss, architecture or dataset, built with its options.

        Raises:
            PluginError: the plugin is at fault.
        """
        choice = self._choice(kind)
        return self.registry.build(kind, choice.name, choice.options)

    def revised(self, **tables: Any) -> "Plan":
        """The plan with whole tables of its recipe replaced: ``plan.revised(training=...)``."""
        return replace(self, recipe=replace(self.recipe, **tables))

    def overridden(self, choices: Mapping[str, Any]) -> "Plan":
        """The plan with other choices, as :func:`gpreg.recipe.override` takes them.

        Raises:
            UsageError: a choice is impossible, or clashes with another.
        """
        return self.supply.plan(override(self.recipe, choices, self.registry)[0])

    def _choice(self, kind: Kind[Any, Any]) -> Choice:
        choice: Choice = getattr(self.recipe, kind.key)
        return choice

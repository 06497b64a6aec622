"""The plan of a run: a complete recipe, with who supplies what it names and how its data is got at. Torch-free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpreg.recipe import Choice, CompleteRecipe, Recipe, check_clashes, override, resolve
from gpreg.registry.kinds import I_co, Kind, S_co
from gpreg.registry.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What this machine has: plugins, and data. Not of an experiment, so not in its recipe.

    Attributes:
        registry: everything that may be named.
        data_root: where data is kept; ``None``: ``$GPREG_DATA``, else the user's cache folder.
        download: whether data that is not there may be fetched.
    """

    registry: Registry
    data_root: Path | None = None
    download: bool = False

    def plan(self, recipe: Recipe) -> "Plan":
        """The plan of a recipe, with nothing left to defaults.

        Raises:
            UsageError: it names what is not installed, or an option that is not possible, or choices clash.
        """
        complete = resolve(recipe, self.registry)
        check_clashes(complete, self.registry)
        return Plan(recipe=complete, supply=self)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that must be known before anything is built; :meth:`Supply.plan` makes it.

    Attributes:
        recipe: what is to be trained; free of clashes.
        supply: where the things come from that it names.
    """

    recipe: CompleteRecipe
    supply: Supply

    @property
    def registry(self) -> Registry:
        """What the recipe's names are looked up in."""
        return self.supply.registry

    def spec(self, kind: Kind[S_co, Any]) -> S_co:
        """What a plugin says of the recipe's measure, form, loss, architecture or dataset."""
        return self.registry.get(kind, self._choice(kind).name)

    def build(self, kind: Kind[Any, I_co]) -> I_co:
        """The recipe's measure, form, loss, architecture or dataset, built with its options.

        Raises:
            PluginError: the plugin is at fault.
        """
        choice = self._choice(kind)
        return self.registry.build(kind, choice.name, choice.options)

    def revised(self, **tables: Any) -> "Plan":
        """The same with other tables of the recipe, complete ones: ``plan.revised(training=...)``."""
        return replace(self, recipe=replace(self.recipe, **tables))

    def overridden(self, choices: Mapping[str, Any]) -> "Plan":
        """The plan with other choices, as :func:`gpreg.recipe.override` takes them.

        Raises:
            UsageError: a choice is not possible, or clashes with another.
        """
        return self.supply.plan(override(self.recipe, choices, self.registry)[0])

    def _choice(self, kind: Kind[Any, Any]) -> Choice:
        choice: Choice = getattr(self.recipe, kind.key)
        return choice

"""Convert a recipe to the nested table of its TOML text, and back; all mistakes are found in one pass."""

import dataclasses
from collections.abc import Iterable, Mapping, Set
from typing import Any

from gpreg.errors import OptionError, UnknownNameError, UsageError, did_you_mean
from gpreg.recipe.layout import LISTS, OPTIMIZERS, ORDER, PLUGINS, REQUIRED, SETTINGS, TEXTS, UNSTATED, whereabouts
from gpreg.recipe.optimizers import optimizer_options, read_optimizer
from gpreg.recipe.problem import MOST, Path, Problem
from gpreg.recipe.recipe import Recipe
from gpreg.recipe.settings import Choice, OptimizerSettings
from gpreg.registry import options as option_parsing
from gpreg.registry.kinds import Kind
from gpreg.registry.plain import plain
from gpreg.registry.reference import options_of
from gpreg.registry.registry import Registry
from gpreg.registry.spec import Spec


def to_table(recipe: Recipe) -> dict[str, Any]:
    """The recipe as nested tables of TOML values, in the order of :data:`~gpreg.recipe.layout.ORDER`.

    Empty entries (no form, no metrics, no source) are left out.
    """
    return {key: value for key in ORDER if (value := _plain(getattr(recipe, key)))}


def from_table(
    table: Mapping[str, Any], registry: Registry, *, unread: Set[str] = frozenset()
) -> tuple[Recipe | None, tuple[Problem, ...]]:
    """The recipe that a table describes, or all that is wrong with it.

    Values are checked and converted to their types; options that the table leaves out stay left out. The tables in
    ``unread`` are kept unchecked, and need not name an installed plugin; arrays of tables in ``unread`` are left out.

    Returns:
        The recipe and no problems, or None and every problem, in the table's order.

    Raises:
        PluginError: the options class of a plugin that the table names is at fault.
    """
    reading = _Reading(registry, unread)
    values = reading.recipe(table)
    return (None if reading.problems else Recipe(**values)), tuple(reading.problems)


def _plain(value: Any) -> Any:
    match value:
        case Choice(name=name, options=options):
            return {"name": name, **plain(options)}
        case OptimizerSettings(name=name, arguments=arguments):
            spelled = {key: "none" if item is None else item for key, item in arguments.items()}
            return {"name": name, **plain(spelled)}
        case tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return dict(value)
    return option_parsing.to_table(value) if dataclasses.is_dataclass(value) else value


class _Reading:
    """One pass over a table, which collects its problems and the keys that may be marked as unstated."""

    def __init__(self, registry: Registry, unread: Set[str]) -> None:
        self.registry = registry
        self.unread = unread
        self.problems: list[Problem] = []
        self.keys: dict[str, tuple[str, ...] | None] = {}
        """The keys that each table with a name may have; None if its name is wrong, so that they are unknown."""

    def recipe(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a :class:`Recipe`; those with problems are missing."""
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in ORDER:
                self._unknown(key, value)
            elif key in TEXTS:
                values[key] = self._text(value, (key,))
            elif key in LISTS:
                values[key] = () if key in self.unread else self._list(key, value)
            elif key != UNSTATED:
                values[key] = self._table(key, value)
        for name in REQUIRED:
            if name not in table:
                self._problem((), f"table [{name}] is missing: write [{name}] and, in it, name = ...")
        if UNSTATED in table:
            values[UNSTATED] = self._unstated(table[UNSTATED])
        return values

    def _problem(self, path: Path, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(path=path, message=message, remedy=remedy))

    def _near(self, name: str, known: Iterable[str]) -> str:
        """The nearest known name, but only for as many problems as are printed: each search takes 0.1 ms."""
        return did_you_mean(name, known) if len(self.problems) < MOST else ""

    def _unknown(self, key: str, value: Any) -> None:
        if isinstance(value, Mapping):
            known = [name for name in ORDER if name not in TEXTS]
            self._problem((key,), f"there is no table [{key}]{did_you_mean(key, known)}")
        elif tables := whereabouts(key):
            near = " or ".join(repr(f"{name}.{key}") for name in tables)
            self._problem((key,), f"there is no key {key!r} outside of a table; did you mean {near}?")
        else:
            self._problem((key,), f"there is no key {key!r}{did_you_mean(key, ORDER)}")

    def _text(self, value: Any, path: Path) -> str:
        if not isinstance(value, str):
            self._problem(path, f"{path[-1]!r} is {value!r}; it must be text")
        return str(value)

    def _table(self, name: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            self._problem((name,), f"{name!r} is {value!r}; it must be a table: write [{name}] and its keys below")
            return None
        if name in SETTINGS:
            return self._options(SETTINGS[name], value, (name,), owner=f"[{name}]")
        self.keys[name] = None
        chosen = self._name(value, (name,))
        if chosen is None:
            return None
        rest = {key: item for key, item in value.items() if key != "name"}
        if name in self.unread:
            return (
                OptimizerSettings(name=chosen, arguments=rest)
                if name in OPTIMIZERS
                else Choice(name=chosen, options=rest)
            )
        return (
            self._optimizer(name, chosen, rest)
            if name in OPTIMIZERS
            else self._choice(PLUGINS[name], chosen, rest, (name,))
        )

    def _list(self, name: str, values: Any) -> tuple[Choice | None, ...]:
        if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
            self._problem((name,), f"{name!r} must be an array of tables: write [[{name}]] and, in it, name = ...")
            return ()
        return tuple(
            self._choice(LISTS[name], chosen, {key: item for key, item in value.items() if key != "name"}, (name, i))
            for i, value in enumerate(values)
            if (chosen := self._name(value, (name, i))) is not None
        )

    def _name(self, value: Mapping[str, Any], path: Path) -> str | None:
        name = value.get("name")
        if isinstance(name, str):
            return name
        kind = str(LISTS.get(str(path[0]), path[0])).replace("_", " ")
        if "name" in value:
            self._problem((*path, "name"), f"the name of the {kind} is {name!r}; it must be text")
        else:
            self._problem(path, f"the name of the {kind} is missing: write name = ...")
        return None

    def _choice(self, kind: Kind[Spec, Any], name: str, options: Mapping[str, Any], path: Path) -> Choice | None:
        try:
            spec = self.registry.get(kind, name)
        except UnknownNameError as error:
            self._problem((*path, "name"), error.message, error.remedy)
            return None
        cls = options_of(spec, kind.name)
        parsed = self._options(cls, options, path, owner=f"{kind} {name!r}")
        if path == (kind.key,):
            self.keys[kind.key] = _keys(cls)
        given = {key: value for key, value in option_parsing.to_table(parsed).items() if key in options}
        return Choice(name=name, options=given)

    def _options(self, cls: type | None, values: Mapping[str, Any], path: Path, *, owner: str) -> Any:
        try:
            return option_parsing.parse(cls, values, owner=owner)
        except OptionError as error:
            self._option_error(error, path, explained=not owner.startswith("["))
            return None

    def _optimizer(self, player: str, name: str, arguments: Mapping[str, Any]) -> OptimizerSettings | None:
        try:
            settings = read_optimizer(name, arguments)
        except OptionError as error:
            self._option_error(error, (player,), explained=False)
        except UsageError as error:
            self._problem((player, "name"), error.message, error.remedy)
        else:
            self.keys[player] = _keys(optimizer_options(settings.name))
            return settings
        return None

    def _option_error(self, error: OptionError, path: Path, *, explained: bool) -> None:
        remedy = error.remedy if explained else None
        for key, message in error.problems.items():
            self._problem((*path, key), message, remedy)
        if not error.problems:
            self._problem(path, error.message, remedy)

    def _unstated(self, value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            self._problem((UNSTATED,), f"{UNSTATED!r} is {value!r}; it must be a table of dotted keys and reasons")
            return {}
        settings = {name: [info.name for info in option_parsing.describe(cls)] for name, cls in SETTINGS.items()}
        players = {player: ["name", *OptimizerSettings().arguments] for player in OPTIMIZERS}
        tables = settings | players | self.keys
        known = dict.fromkeys(f"{table}.{key}" for table, keys in tables.items() for key in keys or ())
        marks: dict[str, str] = {}
        for path, key, reason in _leaves(value):
            if key not in known and tables.get(key.partition(".")[0], ()) is not None:
                self._problem((UNSTATED, *path), f"{key!r} is no key of this recipe{self._near(key, known)}")
            marks[key] = self._text(reason, (UNSTATED, *path))
        return marks


def _keys(options: type | None) -> tuple[str, ...]:
    """The keys that a table with a name may have."""
    return ("name", *(info.name for info in option_parsing.describe(options)))


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str, Any]]:
    """Each value that is no table, with its path, as a tuple and as a dotted key."""
    found = []
    for key, value in table.items():
        here = (*path, key)
        found += _leaves(value, here) if isinstance(value, Mapping) else [(here, ".".join(here), value)]
    return found

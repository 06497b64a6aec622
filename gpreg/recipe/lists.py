"""Options of the plugins in a recipe's arrays of tables, chosen by keys such as ``regularizers.lecam.weight``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.recipe.layout import LISTS
from gpreg.registry.kinds import Kind
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of
from gpreg.registry.registry import Registry
from gpreg.registry.spec import Spec

Items = list[dict[str, Any]]
"""An array of tables, each with a name."""


def split(choices: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Choices without the options of arrays of tables; and these options, ``{"regularizers": {"lecam.weight": 1}}``.

    Args:
        choices: as :func:`gpreg.recipe.choices.override` takes them.
    """
    others: dict[str, Any] = {}
    options: dict[str, dict[str, Any]] = {}
    for key, value in choices.items():
        array, _, rest = key.partition(".")
        if array in LISTS and (rest or isinstance(value, Mapping)):
            options.setdefault(array, {}).update({rest: value} if rest else value)
        else:
            others[key] = value
    return others, options


def words(text: str) -> list[str]:
    """The names in a text with commas; ``"none"`` is no name.

    >>> words("drift, lecam"), words("none")
    (['drift', 'lecam'], [])
    """
    found = [word.strip() for word in text.split(",") if word.strip()]
    return [] if found == ["none"] else found


def names(chosen: Any) -> list[str]:
    """The names in what is chosen for an array: in a text with commas, or in a list, which may have tables."""
    if isinstance(chosen, str):
        return words(chosen)
    items = chosen if isinstance(chosen, list | tuple) else [chosen]
    return [str(item.get("name") if isinstance(item, Mapping) else item) for item in items if item is not None]


def owner(path: str, known: Iterable[str]) -> str:
    """The plugin of some known ones that an option's path names, which may have dots in its name; ``""``: none.

    >>> owner("nets.py:Mine.weight", ["nets.py:Mine", "drift"]), owner("weight", ["drift"])
    ('nets.py:Mine', '')
    """
    return max((name for name in known if path.startswith(f"{name}.")), key=len, default="")


def with_options(array: str, items: Items, options: Mapping[str, Any], registry: Registry) -> Items:
    """An array of tables with other options.

    Args:
        array: the array's key, such as ``regularizers``.
        items: its tables.
        options: values by ``NAME.KEY``, of the plugin of that name; or by ``KEY``, of all that have such an option. A
            key of a table that is an option follows it, ``NAME.KEY.ITEM``.
        registry: has the plugins.

    Raises:
        UsageError: the array has no such plugin, or none at all; or no plugin in it has such an option.
    """
    kind = LISTS[array]
    changed = [dict(item) for item in items]
    for path, value in options.items():
        name, key, *within = _parts(path, kind, changed, registry)
        chosen = [item for item in changed if name in ("", item.get("name"))]
        if not chosen:
            raise _nothing_to_set(kind, name, key, [str(item.get("name")) for item in changed])
        if not name and len(chosen) > 1:
            chosen = [item for item in chosen if key in _keys(kind, item, registry)]
            if not chosen:
                known = {key for item in changed for key in _keys(kind, item, registry)}
                names = ", ".join(str(item.get("name")) for item in changed)
                raise UsageError(f"none of the {kind.plural} {names} has an option {key!r}{did_you_mean(key, known)}")
        for item in chosen:
            item[key] = _with_item(item.get(key), within, value)
    return changed


def _parts(path: str, kind: Kind[Spec, Any], items: Items, registry: Registry) -> list[str]:
    """The name of a plugin, ``""`` for all, then the keys below it; names may have dots."""
    first, _, below = path.partition(".")
    if name := owner(path, names(items)):
        return [name, *path.removeprefix(f"{name}.").split(".")]
    if below and any(first in _keys(kind, item, registry) for item in items):
        return ["", *path.split(".")]
    name, _, key = path.rpartition(".")
    return [name, key]


def _with_item(old: Any, path: Sequence[str], value: Any) -> Any:
    """A table with another item, or the item itself if the path is empty."""
    if not path:
        return value
    table = old if isinstance(old, Mapping) else {}
    return {**table, path[0]: _with_item(table.get(path[0]), path[1:], value)}


def _keys(kind: Kind[Spec, Any], item: Mapping[str, Any], registry: Registry) -> list[str]:
    options = options_of(registry.get(kind, str(item.get("name"))), kind.name)
    return [info.name for info in describe(options)]


def _nothing_to_set(kind: Kind[Spec, Any], name: str, key: str, known: list[str]) -> UsageError:
    if not known:
        wanted = name or "NAME"
        return UsageError(
            f"the option {key!r} is of a {kind}, and none is chosen",
            remedy=f"add --{kind} {wanted}; in Python: {kind.plural}=[{wanted!r}]",
        )
    return UsageError(
        f"no {kind} {name!r} is chosen{did_you_mean(name, known)}", remedy=f"chosen are {', '.join(known)}"
    )

"""Register a user's objects: each gets a spec and a name, in a plugin record of the Python session."""

from collections.abc import Mapping
from typing import Any

from gpreg.objects.naming import free, name_for
from gpreg.objects.thing import spec_of
from gpreg.recipe.settings import is_choice
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import KINDS, Kind
from gpreg.registry.registry import Registry
from gpreg.registry.spec import Spec


def adopt(
    registry: Registry, things: Mapping[str, Any], *, names: Mapping[str, Any] | None = None
) -> tuple[Registry, dict[str, Any]]:
    """Add a user's objects to a registry.

    Args:
        registry: the registry of the plugins.
        things: by kind (a list by the plural, ``metrics``, ``observers``): names (or a
            recipe's tables, with a name), which stay as they are; or things.
        names: the names that objects must get, by kind, because an existing run calls them so.

    Returns:
        The new registry, and the names of all things, as a recipe has them.

    Raises:
        UsageError: an object cannot be of its kind; says what it is, where it is defined, and what is expected.
    """
    plurals = {kind.plural: kind for kind in KINDS.values()}
    found: dict[str, Any] = {}
    specs: dict[str, list[Spec]] = {}

    def named(kind: Kind[Any, Any], thing: Any, wish: str | None) -> Any:
        if is_choice(thing):
            return thing
        taken = {spec.name for spec in (*registry.list(kind), *specs.get(kind.name, ()))}
        spec = spec_of(kind, thing, name=wish or free(name_for(kind, thing), taken))
        specs.setdefault(kind.name, []).append(spec)
        return spec.name

    for key, given in things.items():
        kind = plurals.get(key) or KINDS[key]
        wished = (names or {}).get(key)
        if key not in plurals or key == kind.name:
            found[key] = named(kind, given, wished)
            continue
        listed = list(given) if isinstance(given, list | tuple) else [given]
        wishes = [*(wished or ()), *[None] * len(listed)]
        found[key] = [named(kind, each, wish) for each, wish in zip(listed, wishes, strict=False)]
    if not specs:
        return registry, found
    return registry.extended([PluginRecord.of_session(specs)]), found

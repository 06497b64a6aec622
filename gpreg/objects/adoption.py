"""Objects as plugins: what somebody has at hand becomes a spec, in a record of the session, and has a name."""

from collections.abc import Mapping
from typing import Any

from gpreg.objects.naming import free, name_for
from gpreg.objects.thing import spec_of
from gpreg.recipe import Choice
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import KINDS, Kind
from gpreg.registry.registry import Registry
from gpreg.registry.specs import SESSION, Spec


def adopt(
    registry: Registry, things: Mapping[str, Any], *, names: Mapping[str, Any] | None = None
) -> tuple[Registry, dict[str, Any]]:
    """A registry that has some things that are given themselves, beside what plugins supply.

    Args:
        registry: what plugins supply.
        things: by kind (a list by the plural, ``metrics``, ``observers``): names (or a
            recipe's tables, with a name), which stay as they are; or things.
        names: what they are to be called, likewise, where a run that exists calls them something already.

    Returns:
        The registry, and the names of all things, as a recipe has them.

    Raises:
        UsageError: a thing cannot be of its kind; says what came, where it is defined, and what it must be.
    """
    plurals = {kind.plural: kind for kind in KINDS.values()}
    found: dict[str, Any] = {}
    specs: dict[str, list[Spec]] = {}

    def named(kind: Kind[Any, Any], thing: Any, wish: str | None) -> Any:
        if isinstance(thing, str | Choice) or (isinstance(thing, Mapping) and "name" in thing):
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
    record = PluginRecord(
        name=SESSION,
        package=SESSION,
        version="",
        module=SESSION,
        specs={kind: tuple(of_kind) for kind, of_kind in specs.items()},
    )
    return registry.extended([record]), found

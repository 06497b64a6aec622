"""Call a plugin's hooks, and check the specs that they return. The only file that knows pluggy.

A package declares ``[project.entry-points.gpreg]  NAME = "package.plugin"``; that module implements any of the hooks
that :data:`gpreg.registry.kinds.KINDS` names, each marked with ``@gpreg.hookimpl``. A hook takes no arguments and
returns an iterable of specs. It is called once, when plugins are discovered, and must neither import torch nor do any
work: a spec names the class to build as ``"module:attribute"``.
"""

from collections.abc import Callable, Iterator
from inspect import Parameter, signature
from typing import Any

import pluggy

from gpreg.errors import PluginError, did_you_mean
from gpreg.registry.fields import renewed
from gpreg.registry.kinds import KINDS, Kind
from gpreg.registry.spec import Spec
from gpreg.registry.wording import type_name

GROUP = "gpreg"
"""The entry-point group of plugins, and the name under which pluggy knows the project."""

hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a plugin's function as the implementation of the hook with the same name."""

MOST_SPECS = 20_000
"""Most specs of one kind that a plugin may return: a hook may be a generator that never ends."""

_HOOKS = {kind.hook: kind for kind in KINDS.values()}
_pluggy = pluggy.PluginManager(GROUP)


def collect(plugin: object, package: str, version: str) -> dict[str, tuple[Spec, ...]]:
    """Call a plugin's hooks, and return its specs by kind.

    Each spec is copied into an instance of exactly its kind's spec class, with package and version filled in.

    Raises:
        PluginError: the plugin breaks the contract. Besides, whatever its code raises.
    """
    found: dict[str, list[Callable[[], Any]]] = {}
    for hook, function in _implemented(plugin):
        found.setdefault(hook, []).append(function)
    _refuse_unknown_hooks(plugin, found)
    return {
        kind.name: tuple(_specs(kind, found[kind.hook], package, version))
        for kind in KINDS.values()
        if kind.hook in found
    }


def has_hooks(plugin: object) -> bool:
    """Whether a module implements a hook, or has a function with a hook's name whose mark was forgotten."""
    return any(hasattr(plugin, name) for name in _HOOKS) or next(_implemented(plugin), None) is not None


def _implemented(plugin: object) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every function that is marked as an implementation of a hook, with its name."""
    for name in dir(plugin):
        # More than half of a module's names are dunder ones; none is a hook, and pluggy looks closely at each.
        options = None if name.startswith("__") else _pluggy.parse_hookimpl_opts(plugin, name)
        if options is None:
            continue
        function = getattr(plugin, name)
        if options["wrapper"] or options["hookwrapper"]:
            raise PluginError(f"{name} is a wrapper around a hook; gpreg's hooks return specs, and have none")
        if _asks_for(function):
            raise PluginError(f"{name} asks for {', '.join(_asks_for(function))}; hooks take no argument")
        yield options["specname"] or name, function


def _asks_for(function: Callable[[], Any]) -> list[str]:
    """The required arguments of a function."""
    code = getattr(function, "__code__", None)
    if code is not None and not code.co_argcount and not code.co_kwonlyargcount:
        return []  # the usual case, recognised without the cost of a signature
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    parameters = signature(function).parameters.values()
    return [one.name for one in parameters if one.default is Parameter.empty and one.kind not in optional]


def _refuse_unknown_hooks(plugin: object, implemented: dict[str, Any]) -> None:
    for name in implemented:
        if name not in _HOOKS:
            raise PluginError(
                f"implements unknown hook {name!r}{did_you_mean(name, _HOOKS)} (known: {', '.join(_HOOKS)})"
            )
    for name in _HOOKS:
        if name not in implemented and hasattr(plugin, name):
            raise PluginError(f"{name} is not marked with @gpreg.hookimpl")
    if not implemented:
        raise PluginError(f"implements no hook (known: {', '.join(_HOOKS)})")


def _specs(kind: Kind[Spec, Any], functions: list[Callable[[], Any]], package: str, version: str) -> Iterator[Spec]:
    names: set[str] = set()
    for function in functions:
        for item in _items(kind, function()):
            if not issubclass(type(item), kind.spec):
                raise PluginError(f"{kind.hook} returned a {type_name(item)} where {kind.spec.__name__} belongs")
            spec: Spec = renewed(kind.spec, item, package=package, version=version)
            if spec.name in names:
                raise PluginError(f"{kind.hook} returned {kind.name} {spec.name!r} twice")
            if len(names) == MOST_SPECS:
                raise PluginError(f"{kind.hook} returned more than {MOST_SPECS:,} specs; does it ever end?")
            names.add(spec.name)
            yield spec


def _items(kind: Kind[Spec, Any], result: Any) -> Iterator[Any]:
    wanted = f"{kind.hook} returned {{}}; it must return a list of {kind.spec.__name__}"
    if issubclass(type(result), str | bytes):
        raise PluginError(wanted.format(type_name(result)))
    try:
        return iter(result)
    except TypeError as error:
        got = "None" if result is None else type_name(result)
        raise PluginError(wanted.format(got)) from error

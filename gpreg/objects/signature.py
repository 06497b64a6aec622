"""Treat the keyword arguments of a user's class or function as options: make their dataclass, and call with them."""

import dataclasses
import inspect
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gpreg.errors import GpregError, PluginError, UsageError
from gpreg.registry.options import option
from gpreg.registry.place import place_of, raised_at, source_of
from gpreg.registry.wording import reason_of

_PLAIN = (bool, int, float, str, Path, type(None))


def options_of_calls(makers: Iterable[Any], *, given: Iterable[str] = ()) -> type | None:
    """An options dataclass of all parameters that a command line can set; ``None`` if there are none.

    A parameter without a default gets the default ``None``, which :func:`call` refuses.

    Args:
        makers: classes or functions.
        given: names of parameters that are no options, because the caller supplies their values.
    """
    fields: dict[str, tuple[str, Any, Any]] = {}
    for maker in makers:
        for parameter in _parameters(maker):
            hint = _hint(maker, parameter)
            if parameter.name in given or parameter.name in fields or hint is None:
                continue
            default = None if parameter.default is parameter.empty else parameter.default
            hint = hint if default is not None or type(None) in get_args(hint) else hint | None
            text = f"of {place_of(maker)}" + ("; required" if parameter.default is parameter.empty else "")
            fields[parameter.name] = (parameter.name, hint, option(default, help=text))
    if not fields:
        return None
    return dataclasses.make_dataclass("Options", fields.values(), frozen=True, kw_only=True)


def options_dataclass(maker: Any) -> type | None:
    """The options dataclass that a class takes as its only argument, as factories of plugins do; else ``None``."""
    parameters = _parameters(maker)
    if len(parameters) != 1:
        return None
    hint = _hints(maker).get(parameters[0].name)
    return hint if isinstance(hint, type) and dataclasses.is_dataclass(hint) else None


def call(maker: Any, options: Mapping[str, Any], *, given: Mapping[str, Any] | None = None, what: str) -> Any:
    """Call a class or function with options.

    Args:
        maker: the class or function.
        options: options by name; those without a parameter are left out.
        given: values of parameters that are no options.
        what: what errors call the result.

    Raises:
        UsageError: a required parameter has no value.
        PluginError: the call fails; names the line.
    """
    keywords: dict[str, Any] = {}
    for parameter in _parameters(maker):
        name = parameter.name
        if given and name in given:
            keywords[name] = given[name]
        elif name in options and not (options[name] is None and parameter.default is parameter.empty):
            keywords[name] = options[name]
        elif parameter.default is parameter.empty:
            raise UsageError(
                f"{what} needs {name}, which has no default",
                remedy=f"give it a default, or the option {name}=VALUE if it is a number or a word",
            )
    try:
        return maker(**keywords)
    except GpregError:
        raise
    except Exception as error:
        at = raised_at(error, source_of(maker)) or raised_at(error)
        raise PluginError(f"{what} cannot be made: {reason_of(error)}{f' ({at})' if at else ''}") from error


def _parameters(maker: Any) -> list[inspect.Parameter]:
    """The parameters that can be given by name, without ``*args`` and ``**kwargs``."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):  # some built-in classes have no signature
        return []
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter for parameter in parameters if parameter.kind in named]


def _hint(maker: Any, parameter: inspect.Parameter) -> Any:
    """The type of a parameter, if words and TOML values can be converted to it; else ``None``."""
    hint = _hints(maker).get(parameter.name)
    if hint is None and parameter.default is not parameter.empty:
        default = parameter.default
        hint = tuple[type(default[0]), ...] if isinstance(default, tuple) and default else type(default)  # type: ignore[misc] # made at run time
        hint = str if default is None else hint
    return hint if hint is not None and _can_be_written(hint) else None


def _hints(maker: Any) -> dict[str, Any]:
    function = maker.__init__ if inspect.isclass(maker) else maker
    try:
        return get_type_hints(function)
    except Exception:  # annotations may use names that the module does not define
        return {}


def _can_be_written(hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return True
    if get_origin(hint) in (Union, types.UnionType, tuple, list):
        return all(_can_be_written(part) for part in get_args(hint) if part is not Ellipsis)
    return hint in _PLAIN

"""Optimisers by name, torch's and ``RMSpropTF``, and their arguments. Torch is imported only inside the functions."""

import dataclasses
import inspect
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import GenericAlias
from typing import Any

from gpreg.errors import OptionError, UsageError, did_you_mean
from gpreg.recipe.settings import OptimizerSettings
from gpreg.registry import options as option_parsing

UNSUITABLE = {
    "LBFGS": "it evaluates the loss several times a step",
    "Muon": "it updates matrices only, and networks have vectors too",
    "SparseAdam": "it updates from sparse gradients only, and these are dense",
}
"""Classes of ``torch.optim`` that cannot train a player, and why."""

OWN = {"RMSpropTF": "gpreg.training.rmsprop"}
"""Optimisers that gpreg adds to torch's, and the modules that define them."""

_IMPLEMENTATION = ("params", "foreach", "fused", "capturable", "differentiable", "maximize")


@cache
def known_optimizers() -> dict[str, type]:
    """The classes that can train a player, by name.

    This is the only place in ``gpreg.recipe`` that imports torch, whose names and signatures stand nowhere else. It
    does so when it is called, and by name, so that importing this package never imports torch.
    """
    module = import_module("torch.optim")
    classes = {name: thing for name, thing in vars(module).items() if inspect.isclass(thing)}
    classes |= {name: getattr(import_module(place), name) for name, place in OWN.items()}
    return {
        name: thing
        for name, thing in sorted(classes.items())
        if issubclass(thing, module.Optimizer) and thing is not module.Optimizer and name not in UNSUITABLE
    }


def optimizer_name(name: str) -> str:
    """The name of an optimiser's class in its proper spelling: ``"RMSprop"`` for ``"rmsprop"``.

    Raises:
        UsageError: there is no such optimiser, or it cannot train a player.
    """
    known = {each.lower(): each for each in known_optimizers()}
    if name.lower() in known:
        return known[name.lower()]
    for unsuitable, reason in UNSUITABLE.items():
        if name.lower() == unsuitable.lower():
            raise UsageError(f"optimizer {unsuitable!r} cannot train a player: {reason}", remedy=_listing())
    near = did_you_mean(name, known_optimizers())
    raise UsageError(f"there is no optimizer named {name!r}{near}", remedy=_listing())


@cache
def optimizer_options(name: str) -> type:
    """The arguments of an optimiser as an options dataclass, as far as they concern its mathematics.

    Left out are ``maximize``, and arguments that choose between implementations, which are in ``[compute]``.

    Args:
        name: name of the class in its proper spelling.
    """
    arguments = inspect.signature(known_optimizers()[name]).parameters.values()
    fields = []
    for argument in arguments:
        if argument.name not in _IMPLEMENTATION:
            hint, default = _typed(argument.default)
            fields.append((argument.name, hint, option_parsing.option(default, help="as torch documents")))
    return dataclasses.make_dataclass(name, fields, frozen=True, kw_only=True)


def has_betas(name: str) -> bool:
    """Whether an optimiser has two betas, as Adam has, of which a schedule can move the second one."""
    return any(field.name == "betas" for field in dataclasses.fields(optimizer_options(name)))


def read_optimizer(name: str, arguments: Mapping[str, Any]) -> OptimizerSettings:
    """An optimiser's settings from words or TOML values.

    Raises:
        UsageError: the name is unknown.
        OptionError: an argument is unknown or ill-typed, or torch refuses it.
    """
    proper = optimizer_name(name)
    parsed = option_parsing.parse(optimizer_options(proper), arguments, owner=f"optimizer {proper!r}")
    settings = OptimizerSettings(name=proper, arguments={key: getattr(parsed, key) for key in arguments})
    parameter = import_module("torch").zeros(1, requires_grad=True)
    # Adding parameters to an optimiser imports torch's compiler, which takes as long as torch and checks no argument.
    unfilled = type(proper, (known_optimizers()[proper],), {"add_param_group": lambda self, group: None})
    try:
        unfilled([parameter], **settings.arguments)
    except (ValueError, TypeError) as error:  # bounds, and arguments that exclude each other
        raise OptionError(f"optimizer {proper!r}: {error}") from error
    return settings


def complete_optimizer(settings: OptimizerSettings) -> OptimizerSettings:
    """The settings with torch's defaults filled in for arguments left out, as far as TOML can write them."""
    defaults = optimizer_options(settings.name)()
    spelled = {field.name: getattr(defaults, field.name) for field in dataclasses.fields(defaults)}
    complete = {name: value for name, value in spelled.items() if not _unwritable(value)}
    return dataclasses.replace(settings, arguments={**complete, **settings.arguments})


def _typed(default: Any) -> tuple[Any, Any]:
    """The type of an argument, judged by its default, and the default in that type (torch writes 0 for 0.0)."""
    match default:
        case bool():
            return bool, default
        case int() | float():
            return float, float(default)
        case tuple():
            hints, items = zip(*map(_typed, default), strict=True)
            return GenericAlias(tuple, hints), items
    return float | None, default


def _unwritable(value: Any) -> bool:
    """Whether TOML cannot write the value: a list with None in it."""
    return isinstance(value, tuple) and None in value


def _listing() -> str:
    return f"optimizers are {', '.join(known_optimizers())}"

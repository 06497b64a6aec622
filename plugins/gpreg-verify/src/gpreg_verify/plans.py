"""Ways to call somebody's function: which argument is given for each parameter."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from torch import nn

from gpreg_verify.roles import DATA, DEFAULTS, UNKNOWN, names_critic, roles

_TRIED = 48
"""Assignments of roles that are tried at most."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One way to call a function.

    Attributes:
        roles: the role of each parameter that an argument is given for, in order.
        positional: the names of those that cannot be given by name.
        defaults: the function's own values.
        owned: the attribute of the function's instance that is its critic; empty if the critic is an argument.
        invented: numbers that the function wants and has no default for.
    """

    roles: dict[str, str]
    positional: tuple[str, ...] = ()
    defaults: dict[str, Any]
    invented: dict[str, float]
    owned: str = ""

    def names(self, role: str) -> list[str]:
        """The parameters of a role."""
        return [name for name, given in self.roles.items() if given == role]

    def has(self, *wanted: str) -> bool:
        """Whether an argument of one of these roles is given."""
        return any(role in wanted for role in self.roles.values())

    def number(self, role: str) -> float | None:
        """The value of the function's first number of this role, by default or invented."""
        for name, given in {**self.defaults, **self.invented}.items():
            if self._role_of(name) == role and isinstance(given, int | float) and not isinstance(given, bool):
                return float(given)
        return None

    def _role_of(self, name: str) -> str:
        return self.roles.get(name) or roles(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY))[0]

    def told(self) -> str:
        """The call in words: ``(critic=critic, real_data=real)``."""
        told = f"({', '.join(f'{name}={role}' for name, role in self.roles.items())})"
        return f"{told}, with the critic in its attribute {self.owned!r}" if self.owned else told


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """The function's signature; of an ``nn.Module`` that of its ``forward``; ``None`` if there is none to be had."""
    target = function.forward if isinstance(function, nn.Module) else function
    try:
        return inspect.signature(target)
    except (TypeError, ValueError):
        return None


def plans(function: Callable[..., Any]) -> Iterator[Plan]:
    """The ways to call a function, the likeliest first.

    >>> def penalty(f, x, y, lam=10.0): ...
    >>> next(plans(penalty)).told()
    '(f=critic, x=real, y=fake)'
    """
    signature = signature_of(function)
    if signature is None:
        signature = inspect.signature(lambda critic, real, fake: None)
    given: dict[str, tuple[str, ...]] = {}
    positional: list[str] = []
    defaults: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        possible = roles(parameter)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(name)
        if parameter.default is parameter.empty:
            given[name] = possible if DATA & {*possible} else (*possible, *UNKNOWN)
            continue
        defaults[name] = parameter.default
        if parameter.default is None:
            wanted = tuple(role for role in possible if role in DATA | {"step"} - {"gradients"})
            if wanted and possible[0] in DATA | {"step"}:
                given[name] = (*wanted, "default")
        elif possible[0] in ("step", "loss-scale"):
            given[name] = possible[:1]
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in signature.parameters.values()) and not given:
        given, positional = {"critic": ("critic",), "real": ("real",), "fake": ("fake",)}, ["critic", "real", "fake"]
    orders = sorted(islice(product(*(range(len(possible)) for possible in given.values())), 4096), key=sum)
    held, found = _critic_of(function), 0
    for ranks in orders:
        chosen = {name: possible[rank] for (name, possible), rank in zip(given.items(), ranks, strict=True)}
        chosen = {name: role for name, role in chosen.items() if role != "default"}
        owned = "" if "critic" in chosen.values() else held
        if not _makes_sense([*chosen.values(), *["critic"] * bool(owned)]):
            continue
        numbers = [
            name for name, role in chosen.items() if role in DEFAULTS and role != "step" and name not in defaults
        ]
        invented = {name: DEFAULTS[chosen[name]] for name in numbers}
        yield Plan(
            roles=chosen,
            positional=tuple(positional),
            defaults=defaults,
            owned=owned,
            invented=invented,  # type: ignore[arg-type] # names of arguments
        )
        found += 1
        if found == _TRIED:
            return


def has_critic(function: Callable[..., Any]) -> bool:
    """Whether a method is given its critic, as an argument or as an attribute of its instance.

    >>> def penalty(netD, real): ...
    >>> has_critic(penalty)
    True
    """
    signature = signature_of(function)
    names = signature.parameters if signature else ()
    return bool(_critic_of(function)) or any(map(names_critic, names))


def _critic_of(function: Callable[..., Any]) -> str:
    """The attribute of a method's instance that is a critic."""
    owner = getattr(function, "__self__", function)
    held = getattr(owner, "__dict__", {})
    modules = [*held.get("_modules", {}), *(name for name, value in held.items() if isinstance(value, nn.Module))]
    return next((name for name in modules if names_critic(name)), "")


def _makes_sense(chosen: list[str]) -> bool:
    data = [role for role in chosen if role in DATA]
    if len(set(data)) < len(data):
        return False
    if "critic" in data or ("settings" in chosen and "logits" not in data):
        return bool({"real", "fake", "mixed", "latent"} & set(data)) and ("network" in data) == ("latent" in data)
    if "fake-logits" in data and "fake" not in data:
        return False
    if "logits" in data:
        return bool({"real", "mixed"} & set(data)) and not {"network", "latent"} & set(data)
    return data in (["gradients"], ["fake-logits", "fake"], ["fake", "fake-logits"])

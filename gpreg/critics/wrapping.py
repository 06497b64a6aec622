"""How to wrap a critic that takes what it is given in another form."""

import inspect
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


def how_to_wrap(critic: Any, arguments: tuple[Any, ...]) -> str:
    """What to write if a critic's signature does not take the input, or input and condition; empty if it does.

    >>> how_to_wrap(lambda a, b: a + b, ((1, 2),))
    'hand its inputs on one by one: lambda x: critic(*x)'
    """
    function = critic.forward if isinstance(critic, nn.Module) else critic
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it has none, such as a function that is written in C
        return ""
    if _binds(signature, arguments):
        return ""
    first, *rest = arguments
    taken, given = ("x, c", ", c") if rest else ("x", "")
    for spread, one_by_one, positional, named in _ways(first, rest):
        if _binds(signature, positional, named):
            what = "its inputs" if spread == "x" else "the parts of the condition"
            how, stars = ("one by one", "*") if one_by_one else ("by name", "**")
            call = f"{stars}x{given}" if spread == "x" else f"x, {stars}c"
            return f"hand {what} on {how}: lambda {taken}: critic({call})"
    return "the critic is called as critic(points), or as critic(points, condition); wrap it in a function that fits"


def how_it_was_called(arguments: tuple[Any, ...]) -> str:
    """What a critic's own error does not say: which arguments it was given.

    >>> how_it_was_called(({"obs": torch.zeros(4, 2)}, (torch.zeros(4), None)))
    "the penalty called critic(a dict of 'obs', a tuple of 2); if it takes these one by one, wrap it in a function"
    """
    return (
        f"the penalty called critic({', '.join(map(_described, arguments))}); if it takes these one by one, wrap it in "
        "a function"
    )


def _described(argument: Any) -> str:
    kind = type(argument).__name__
    if isinstance(argument, tuple | list):
        return f"a {kind} of {len(argument)}"
    if hasattr(argument, "keys"):
        return f"a {kind} of {', '.join(map(repr, argument.keys()))}"
    return f"a {kind} {tuple(argument.shape)}" if isinstance(argument, Tensor) else f"a {kind}"


def _ways(first: Any, rest: list[Any]) -> list[tuple[str, bool, tuple[Any, ...], Mapping[str, Any]]]:
    """The ways to spread the input ``x`` or the condition ``c``: which, whether one by one, and the arguments then."""
    ways: list[tuple[str, bool, tuple[Any, ...], Mapping[str, Any]]] = []
    if isinstance(first, tuple | list):
        ways.append(("x", True, (*first, *rest), {}))
    elif _named(first) and not rest:
        ways.append(("x", False, (), first))
    if rest and isinstance(rest[0], tuple | list):
        ways.append(("c", True, (first, *rest[0]), {}))
    elif rest and _named(rest[0]):
        ways.append(("c", False, (first,), rest[0]))
    return ways


def _named(nest: Any) -> bool:
    return isinstance(nest, Mapping) and all(isinstance(key, str) for key in nest)


def _binds(signature: inspect.Signature, positional: tuple[Any, ...], named: Mapping[str, Any] | None = None) -> bool:
    try:
        signature.bind(*positional, **named or {})
    except TypeError:
        return False
    return True

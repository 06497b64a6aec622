"""The period of a lazy function, and copies of the function with another period, wherever it is written."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CellType, FunctionType, MethodType
from typing import Any

from gpreg_verify.probes import Scene
from gpreg_verify.subject import SKIPS, Subject, renewed


@dataclass(frozen=True, kw_only=True)
class Period:
    """How often a function computes its penalty, and the value when it does.

    Attributes:
        steps: steps from one computation to the next; 0 if there was none.
        value: the penalty there.
    """

    steps: int
    value: float


def period(subject: Subject, scene: Scene) -> Period:
    """Call a fresh copy step by step until it has computed its penalty twice."""
    calling = subject.fresh()
    computed: list[int] = []
    value = 0.0
    for step in range(2 * SKIPS + 1):
        trial = calling.once(scene, slope=False)
        if trial.error is not None:
            break
        if trial.computed:
            computed.append(step)
            value = trial.value
            if len(computed) == 3 or (len(computed) == 2 and computed[1] - computed[0] > 8):
                break
    return Period(steps=computed[-1] - computed[-2] if len(computed) > 1 else 0, value=value)


def with_period(function: Callable[..., Any], old: int, new: int) -> Iterator[Callable[..., Any]]:
    """Copies of a function in which a number ``old`` is ``new``: rebuilt, in attributes, in its code, or around it."""
    owner = getattr(function, "__self__", None) or (None if isinstance(function, FunctionType) else function)
    if owner is not None and not isinstance(owner, type):
        yield from _instances(function, owner, old, new)
    code_of = getattr(function, "__func__", function)
    if not isinstance(code_of, FunctionType):
        code_of = getattr(type(function), "forward" if hasattr(type(function), "forward") else "__call__", None)
    if not isinstance(code_of, FunctionType):
        return
    for changed in _rewritten(code_of, old, new):
        bound = renewed(owner) if owner is not None else None
        yield changed if bound is None else MethodType(changed, bound)


def _instances(function: Any, owner: Any, old: int, new: int) -> Iterator[Callable[..., Any]]:
    held = {name: value for name, value in vars(owner).items() if isinstance(value, int | float) and value == old}
    name = function.__name__ if owner is not function else ""

    def again(instance: Any) -> Callable[..., Any]:
        return getattr(instance, name) if name else instance  # type: ignore[no-any-return] # whatever the attribute is

    try:
        parameters = inspect.signature(type(owner)).parameters
        given = {key: getattr(owner, key, getattr(owner, f"_{key}", None)) for key in parameters}
        known = {key: value for key, value in given.items() if value is not None}
        for key, value in known.items():
            if value == old and isinstance(value, int | float) and not isinstance(value, bool):
                yield again(type(owner)(**{**known, key: type(value)(new)}))
    except Exception:
        pass
    for attribute, value in held.items():
        copied = renewed(owner)
        if copied is not owner:
            setattr(copied, attribute, type(value)(new))
            yield again(copied)


def _rewritten(function: FunctionType, old: int, new: int) -> Iterator[FunctionType]:
    def same(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and value == old

    code = function.__code__
    constants = tuple(type(value)(new) if same(value) else value for value in code.co_consts)
    names = {
        name: type(value)(new) for name, value in function.__globals__.items() if name in code.co_names and same(value)
    }
    cells = tuple(
        CellType(type(cell.cell_contents)(new)) if same(_content(cell)) else cell for cell in function.__closure__ or ()
    )
    variations = (
        (constants != code.co_consts, code.replace(co_consts=constants), function.__globals__, function.__closure__),
        (bool(names), code, {**function.__globals__, **names}, function.__closure__),
        (cells != (function.__closure__ or ()), code, function.__globals__, cells),
    )
    for changed, new_code, namespace, closure in variations:
        if changed:
            made = FunctionType(new_code, namespace, function.__name__, function.__defaults__, closure)
            made.__kwdefaults__ = function.__kwdefaults__
            made.__dict__.update(function.__dict__)
            yield made


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty cell
        return None

"""What an interface demands of an object besides its methods; checked after a registered factory has built it."""

import math
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, get_args

from torch import nn

from gpreg.interfaces.architecture import Architecture
from gpreg.interfaces.augmentation import Augmentation
from gpreg.interfaces.constraint import Constraint
from gpreg.interfaces.dataset import DatasetSource, Opening
from gpreg.interfaces.form import GradientForm
from gpreg.interfaces.loss import GANLoss
from gpreg.interfaces.measure import Need, PenaltyMeasure
from gpreg.interfaces.metric import Metric
from gpreg.interfaces.regularizer import PlayerName, Regularizer
from gpreg.interfaces.term import Output, Term

_CALLED: Mapping[type, Mapping[str, tuple[str, ...]]] = {
    PenaltyMeasure: {"sample": ("batch",)},
    GradientForm: {"__call__": ("grad",)},
    GANLoss: {"critic_loss": ("d_real", "d_fake"), "generator_loss": ("d_fake", "d_real")},
    Metric: {"__call__": ("samples", "data")},
    Term: {"forward": ("batch",)},
    Constraint: {"attach": ("network",), "forward": ("network",)},
    Augmentation: {"forward": ("x", "rng")},
}
"""The arguments with which training calls an interface's methods, by position."""


def broken_promise(built: object) -> str | None:
    """What is wrong with an instance of an interface, as a predicate (``has ...``, ``is ...``); ``None`` if nothing."""
    for interface, methods in _CALLED.items():
        for name, arguments in methods.items() if isinstance(built, interface) else ():
            if problem := _refused_call(getattr(built, name), name, arguments):
                return problem
    for kind, check in _CHECKS.items():
        if isinstance(built, kind):
            return check(built)
    return None


def _refused_call(method: Any, name: str, arguments: tuple[str, ...]) -> str | None:
    try:
        accepted = signature(method)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return None
    try:
        accepted.bind(*arguments)
    except TypeError as error:
        wanted = f"{name}(self, {', '.join(arguments)})"
        return f"has {name}{accepted}, which is called with {' and '.join(arguments)} ({error}); write {wanted}"
    return None


def _of_measure(measure: PenaltyMeasure) -> str | None:
    if "_modules" not in vars(measure):
        return "does not call super().__init__() in its __init__"
    known = get_args(Need)
    unknown = [need for need in measure.needs if need not in known]
    return f"needs {', '.join(map(repr, unknown))}; a batch has {', '.join(known)}" if unknown else None


def _of_module(module: nn.Module) -> str | None:
    """Of what is saved with a run, and belongs to a player."""
    if "_modules" not in vars(module):
        return "does not call super().__init__() in its __init__"
    if next(module.parameters(), None) is not None:
        return "has parameters, which nobody would train; what it remembers belongs in buffers (register_buffer)"
    player = getattr(module, "player", "critic")
    if player not in get_args(PlayerName):
        return f"has player = {player!r}; players are {' and '.join(map(repr, get_args(PlayerName)))}"
    idle = isinstance(module, Constraint) and type(module).attach is Constraint.attach
    if idle and type(module).forward is Constraint.forward:
        return "has neither attach(self, network) nor forward(self, network), so that it constrains nothing"
    return None


def _of_constraint(constraint: Constraint) -> str | None:
    return _of_module(constraint) or next(filter(None, map(_of_term, constraint.terms.values())), None)


def _of_term(term: Term) -> str | None:
    if problem := _of_module(term):
        return problem
    unknown = [need for need in term.needs if need not in get_args(Output)]
    if unknown:
        return f"needs {', '.join(map(repr, unknown))}; outputs are {', '.join(get_args(Output))}"
    whole = isinstance(term.every, int) and not isinstance(term.every, bool) and term.every > 0
    return None if whole else f"has every = {term.every!r}; it must be a whole number >= 1"


def _of_architecture(architecture: Architecture) -> str | None:
    span = architecture.value_range
    if span is None:
        return None
    numbers = isinstance(span, tuple) and len(span) == 2 and all(isinstance(end, int | float) for end in span)
    if not numbers or not all(map(math.isfinite, span)) or not span[0] < span[1]:
        return f"has value_range = {span!r}; it must be None or two numbers (low, high)"
    return None


def _of_dataset(dataset: DatasetSource) -> str | None:
    accepted = signature(dataset.open)
    try:
        accepted.bind(Opening())
    except TypeError:
        return (
            f"has open{accepted}, which takes no gpreg.interfaces.Opening; write open(self, opening), and in it "
            "opening.root, opening.download, opening.split and opening.value_range"
        )
    return None


def _of_regularizer(regularizer: Regularizer) -> str | None:
    return next(filter(None, map(_of_term, regularizer.terms.values())), None)


_CHECKS: Mapping[type, Callable[[Any], str | None]] = {
    PenaltyMeasure: _of_measure,
    Architecture: _of_architecture,
    DatasetSource: _of_dataset,
    Regularizer: _of_regularizer,
    Constraint: _of_constraint,
    Augmentation: _of_module,
}

"""What an interface demands of an object besides its methods; checked after a registered factory has built it."""

import math
from collections.abc import Mapping
from inspect import signature
from typing import Any, get_args

from gpreg.interfaces.architecture import Architecture
from gpreg.interfaces.dataset import DatasetSource, Opening
from gpreg.interfaces.form import GradientForm
from gpreg.interfaces.loss import GANLoss
from gpreg.interfaces.measure import Need, PenaltyMeasure
from gpreg.interfaces.metric import Metric

_CALLED: Mapping[type, Mapping[str, tuple[str, ...]]] = {
    PenaltyMeasure: {"sample": ("batch",)},
    GradientForm: {"__call__": ("grad",)},
    GANLoss: {"critic_loss": ("d_real", "d_fake"), "generator_loss": ("d_fake", "d_real")},
    Metric: {"__call__": ("samples", "data")},
}
"""The arguments with which training calls an interface's methods, by position."""


def broken_promise(built: object) -> str | None:
    """What is wrong with an instance of an interface, as a predicate (``has ...``, ``is ...``); ``None`` if nothing."""
    for interface, methods in _CALLED.items():
        for name, arguments in methods.items() if isinstance(built, interface) else ():
            if problem := _refused_call(getattr(built, name), name, arguments):
                return problem
    if isinstance(built, PenaltyMeasure):
        return _of_measure(built)
    if isinstance(built, Architecture):
        return _of_architecture(built)
    if isinstance(built, DatasetSource):
        return _of_dataset(built)
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

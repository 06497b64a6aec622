"""Examine a function: what penalty is it, and what is wrong with it?"""

import operator
import warnings
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import torch
from torch import nn

from gpreg.registry.coefficient import conventions_of
from gpreg_verify import words
from gpreg_verify.chance import restored
from gpreg_verify.defects.broadcasting import broadcasts, squares_the_batch
from gpreg_verify.defects.graph import detached, reaches_generator, without_graph
from gpreg_verify.defects.half import unscaled
from gpreg_verify.defects.lazy import Laziness, laziness
from gpreg_verify.defects.norms import wrong_norm
from gpreg_verify.defects.parameters import by_parameters
from gpreg_verify.defects.randomness import random_state
from gpreg_verify.defects.weights import shared_weight
from gpreg_verify.defects.zero import root_at_zero
from gpreg_verify.explanation import Explanation, explain
from gpreg_verify.verification import DEFECTS, Defect, Identified, Verification


def examine(function: Callable[..., Any], *, name: str = "", every: int | None = None) -> Verification:
    """Identify the penalty that a function computes, and find its known defects.

    The function is called on critics of known gradient that record where they are called. Its values tell the form and
    the coefficient, the points the measure, and the gradient by the critic's weights whether a graph is complete.
    Everything is deterministic, and the global random states are given back as they were.

    Args:
        function: a function, a method, or an instance that can be called.
        name: what it is called in the outcome; by default its own name.
        every: the loop calls it in each ``every``-th step only, which the function itself does not show.

    >>> def r1(critic, real, gamma=10.0):
    ...     real = real.detach().requires_grad_()
    ...     (grad,) = torch.autograd.grad(critic(real).sum(), real, create_graph=True)
    ...     return gamma / 2 * grad.flatten(1).square().sum(1).mean()
    >>> found = examine(r1)
    >>> found.identified.measure, found.identified.form, found.identified.rho, found.defects
    ('pd', 'squared', 10.0, ())
    """
    named = isinstance(function, type | FunctionType | MethodType | BuiltinFunctionType)
    name = name or (function.__name__ if named else type(function).__name__)
    with restored(), warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        found, attempts = explain(_asked(function), name)
        if found is None:
            defects = tuple(filter(None, [without_graph(attempts)]))
            lazy, known = Laziness(), None
        else:
            lazy = laziness(found, every)
            defects = _defects(found, lazy)
            known = _identified(found, lazy)
    return Verification(
        function=name,
        identified=known,
        defects=defects,
        text=words.text(name, known, defects=defects, found=found, attempts=attempts, laziness=lazy),
    )


def _asked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function or, of an instance that cannot be asked for attributes, the method that calls it."""
    try:
        getattr(function, "__self__", None)
    except Exception:
        kind: Any = type(function)
        call = kind.forward if isinstance(function, nn.Module) else kind.__call__
        return MethodType(call, function) if callable(function) else partial(operator.call, function)
    return function


def _defects(found: Explanation, lazy: Laziness) -> tuple[Defect, ...]:
    always = (by_parameters, root_at_zero, detached, random_state)
    of_known = (wrong_norm, shared_weight, reaches_generator, unscaled, broadcasts)
    looked_for = (*always, *of_known) if found.fit is not None else (*always, squares_the_batch)
    found_ones = [lazy.defect, *(look(found) for look in looked_for)]
    return tuple(sorted(filter(None, found_ones), key=lambda defect: DEFECTS.index(defect.name)))


def _identified(found: Explanation, lazy: Laziness) -> Identified | None:
    if found.fit is None or not found.where.measure:
        return None
    rho = float(f"{found.where.rho / lazy.factor:.6g}")
    of = "sigmoid" if found.squash else "logit"
    options = {**found.where.options, **found.form_options}
    readings = conventions_of(rho, measure=found.where.measure, form=found.form, of=of, sigma=found.sigma)
    if found.form_options:  # peers' numbers go with the forms' own defaults
        readings = tuple(each for each in readings if each.convention.general)
    if found.sigma is None:
        readings = tuple(each for each in readings if each.sigma is None)
    else:  # those that write a noise before those that do not
        readings = tuple(sorted(readings, key=lambda each: (not each.convention.general, each.sigma is None)))
    return Identified(
        measure=found.where.measure,
        form=found.form,
        rho=rho,
        conventions=tuple(f"{each.convention.name}: {each.text}" for each in readings[:8]),
        options=options,
    )

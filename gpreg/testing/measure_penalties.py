"""Checks of the penalty that a measure makes: in parts of a batch, in some steps only, in half precision, restored."""

import copy
import io
import pickle
from typing import Any

import torch
from torch import Tensor

from gpreg.penalties import Penalty
from gpreg.testing.checks import expect
from gpreg.testing.critics import QuadraticCritic
from gpreg.testing.drawn import BATCH, MeasureCase
from gpreg.testing.randomness import global_randomness

HALF = 0.1
"""Relative error of a penalty in bfloat16, whose numbers have eight bits."""


def averages_over_parts_of_a_batch(case: MeasureCase) -> None:
    """If it draws no random number and couples no samples: the mean of the penalties of two halves is the whole one.

    Their gradients by the critic are, too: it makes no difference whether gradients are accumulated.
    """
    real, fake, material = case.batch(n=2 * BATCH)
    state, critic, penalty = material["rng"].get_state(), QuadraticCritic(case.shape), case.penalty()
    whole = _value_and_slope(penalty, critic, real, fake, material)
    if penalty.measure.couples or not torch.equal(material["rng"].get_state(), state):
        return
    parts = []
    for half in (slice(BATCH), slice(BATCH, None)):
        cut = {name: value[half] if isinstance(value, Tensor) else value for name, value in material.items()}
        parts.append(_value_and_slope(penalty, critic, real[half], fake[half], cut))
    mean = torch.stack(parts).mean(0)
    close = torch.allclose(mean, whole, rtol=1e-9, atol=1e-9)
    expect(close, f"is {float(whole[0]):g} on a batch, and {float(mean[0]):g} in the mean over its halves")


def _value_and_slope(penalty: Penalty, critic: Any, real: Tensor, fake: Tensor, material: Any) -> Tensor:
    """``(1 + d,)``: the penalty, and its gradient by the critic's matrix."""
    value = penalty(critic, real, fake, **material)
    if not value.requires_grad:
        return torch.zeros(1 + critic.matrix.numel(), dtype=torch.float64)
    (slope,) = torch.autograd.grad(value, critic.matrix)
    return torch.cat([value.detach()[None], slope.flatten()])


def is_as_much_in_fewer_steps(case: MeasureCase) -> None:
    """Every third step has three times the penalty, and between them it is 0 and draws no random number."""
    critic, lazy = QuadraticCritic(case.shape), case.penalty(every=3)
    real, fake, material = case.batch()
    rng = material["rng"]
    state = rng.get_state()
    each = case.penalty()(critic, real, fake, **material)
    rng.set_state(state)
    first = lazy(critic, real, fake, step=0, **material)
    expect(torch.allclose(first, 3 * each, rtol=1e-12), "is not three times as large with every = 3")
    drawn = rng.get_state()
    for step in (1, 2):
        value = lazy(critic, real, fake, step=step, **material)
        expect(float(value.detach()) == 0, f"is {float(value.detach()):g} in a step that it skips")
    expect(torch.equal(rng.get_state(), drawn), "draws random numbers in a step that it skips")


def survives_half_precision(case: MeasureCase) -> None:
    """Under autocast to bfloat16 the penalty is in float32 and near its value there, and its gradient is finite."""
    values = []
    for enabled in (False, True):
        critic = QuadraticCritic(case.shape).float()
        real, fake, material = case.batch(dtype=torch.float32)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            value = case.penalty()(critic, real, fake, **material)
        expect(value.dtype == torch.float32, f"is in {value.dtype} under autocast")
        if value.requires_grad:
            value.backward()
            finite = bool(critic.matrix.grad.isfinite().all()) if critic.matrix.grad is not None else True
            expect(finite, "has a gradient that is not finite under autocast")
        values.append(float(value.detach()))
    near = abs(values[1] - values[0]) <= HALF * max(abs(values[0]), HALF)
    expect(near, f"is {values[1]:g} under autocast to bfloat16, and {values[0]:g} in float32")


def goes_on_where_it_was_saved(case: MeasureCase) -> None:
    """After two steps a copy, a pickled one, and one built anew with the state loaded go on with the same points.

    The state is that of the penalty, with its random state and the measure's buffers and parameters. No global random
    state moves.
    """
    real, fake, material = case.batch()
    critic = QuadraticCritic(case.shape)
    penalty = case.penalty(seed=5)
    own = {name: value for name, value in material.items() if name != "rng"}
    with global_randomness(3):
        for _ in range(2):
            penalty.draw(penalty.batch(critic, real, fake, **own))
        fresh = case.penalty(seed=6)
        fresh.prepare(fresh.batch(critic, real, fake, **own))
    file = io.BytesIO()
    torch.save(penalty.state_dict(), file)
    file.seek(0)
    try:
        fresh.load_state_dict(torch.load(file, weights_only=True))
    except Exception as error:  # of torch, or of the measure
        raise AssertionError(f"has a state that cannot be loaded again: {error}") from error
    others = {"copied": copy.deepcopy(penalty), "pickled": pickle.loads(pickle.dumps(penalty)), "restored": fresh}
    expected = _next(penalty, critic, real, fake, own)
    for how, other in others.items():
        found = _next(other, critic, real, fake, own)
        expect(found == expected, f"goes on with other points or weights after it was {how}")


def _next(penalty: Penalty, critic: Any, real: Tensor, fake: Tensor, material: Any) -> list[Any]:
    """The points and weights of the next step, as what can be compared."""
    sample = penalty.draw(penalty.batch(critic, real, fake, **material))
    if sample is None:
        return []
    weights = sample.weights(critic(sample.points)) if callable(sample.weights) else sample.weights
    return [sample.points.tolist(), None if weights is None else weights.detach().tolist()]

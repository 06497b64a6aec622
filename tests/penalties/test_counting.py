"""A lazy penalty in a loop that accumulates gradients over several calls."""

import warnings

import pytest
import torch

import gpreg
from gpreg.errors import UsageError
from gpreg.penalties import CriticObjective
from gpreg.penalties.compiled import CompiledObjective
from gpreg.testing import QuadraticCritic

REAL, FAKE = torch.randn(2, 6, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def due(value):
    return getattr(value, "penalty", value).requires_grad


def objective(**settings):
    return CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("mid", **settings))


def compiled(**settings):
    return CompiledObjective(objective(**settings), backend="eager")


def penalty(**settings):
    return gpreg.penalty("mid", **settings)


@pytest.mark.parametrize("make", [penalty, objective])
def test_calls_of_one_step_are_alike(make):
    lazy, critic = make(every=3), QuadraticCritic((2,))
    seen = [due(lazy(critic, REAL, FAKE, step=step)) for step in range(7) for _ in range(2)]
    assert seen == [step % 3 == 0 for step in range(7) for _ in range(2)]


def test_a_compiled_objective_takes_a_step_too():
    lazy, critic = compiled(every=2), QuadraticCritic((2,))
    seen = [lazy(critic, REAL, FAKE, step=step).terms is not None for step in (0, 0, 1, 1, 2)]
    assert seen == [True, True, False, False, True]


def test_counting_goes_on_from_the_step_that_was_named():
    lazy, critic = penalty(every=4), QuadraticCritic((2,))
    assert due(lazy(critic, REAL, FAKE, step=8))
    assert lazy.state_dict()["_extra_state"]["steps"] == 9
    assert [due(lazy(critic, REAL, FAKE)) for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize("step", [-1, 1.5, "2", torch.tensor(0.5)])
def test_a_step_is_a_number_from_0(step):
    with pytest.raises(UsageError, match="it must be a whole number >= 0"):
        penalty()(QuadraticCritic((2,)), REAL, FAKE, step=step)


def test_a_step_may_be_anybody_s_integer():
    assert not due(penalty(every=2)(QuadraticCritic((2,)), REAL, FAKE, step=torch.tensor(1)))


def train(lazy, parts, *, optimiser=torch.optim.SGD, steps=4, named=False, **settings):
    critic = QuadraticCritic((2,))
    optimiser = optimiser(critic.parameters(), lr=1e-3, **settings)
    for step in range(steps):
        optimiser.zero_grad()
        for _ in range(parts):
            (critic(REAL).mean() + lazy(critic, REAL, FAKE, **({"step": step} if named else {}))).backward()
        optimiser.step()


def test_accumulation_that_counts_calls_is_told_once_with_the_remedy():
    lazy = penalty(every=2)
    with pytest.warns(UserWarning, match=r"every=2 counts its calls .* penalty\(critic, real, fake, step=n\)") as told:
        train(lazy, 2)
    assert len(told) == 1
    assert told[0].filename == __file__


@pytest.mark.parametrize("optimiser", [torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop, torch.optim.Rprop])
@pytest.mark.parametrize("foreach", [False, True])
def test_nothing_is_told_where_each_call_is_a_step(optimiser, foreach):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(penalty(every=2), 1, optimiser=optimiser, foreach=foreach)


def test_nothing_is_told_of_a_fused_step():
    train(penalty(every=2), 1, optimiser=torch.optim.Adam, fused=True)


def test_nothing_is_told_where_steps_are_named_or_none_is_skipped():
    train(penalty(every=2), 2, named=True)
    train(penalty(every=1), 2)


def test_looking_twice_is_no_accumulation():
    lazy, critic = penalty(every=2), QuadraticCritic((2,))
    assert [due(lazy(critic, REAL, FAKE)) for _ in range(4)] == [True, False, True, False]

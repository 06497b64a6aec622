"""A penalty survives pickling and copying, as the spawned processes of a parallel run do it, with the same numbers."""

import copy
import pickle

import pytest
import torch

import gpreg
from gpreg.penalties import CriticObjective
from gpreg.testing import MeasureCase, QuadraticCritic

MEASURES = [spec.name for spec in gpreg.load_registry().list("measure")]


def through_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("again", [through_pickle, copy.deepcopy])
@pytest.mark.parametrize("name", MEASURES)
def test_a_copy_goes_on_with_the_same_numbers(name, again):
    case = MeasureCase(name, {}, (2,))
    own, critic = case.penalty(rho=3.0, seed=5), QuadraticCritic((2,))
    real, fake, material = case.batch()
    material.pop("rng")  # its own random numbers are what is looked at
    copies = [again(own)]  # before anything is prepared or drawn
    own(critic, real, fake, **material)
    copies[0](critic, real, fake, **material)
    copies.append(again(own))
    expected = [own(critic, real, fake, **material) for _ in range(3)]
    for other in copies:
        assert [other(critic, real, fake, **material) for _ in range(3)] == expected
        assert other.steps == own.steps
        for one, two in zip(own.parameters(), other.parameters(), strict=True):
            assert torch.equal(one, two)
            assert one is not two


@pytest.mark.parametrize("again", [through_pickle, copy.deepcopy, copy.copy])
def test_every_setting_is_kept(again):
    own = gpreg.penalty("gp", rho=3, every=4, of="sigmoid", estimator="finite-difference", allow_batch_coupling=True)
    own(QuadraticCritic((2,)), *MeasureCase("gp").batch()[:2])
    other = again(own)
    assert repr(other) == repr(own)
    assert (other.steps, other.every, other.examination.coupling) == (1, 4, False)


@pytest.mark.parametrize("form", [spec.name for spec in gpreg.load_registry().list("form")])
@pytest.mark.parametrize("loss", [spec.name for spec in gpreg.load_registry().list("loss")])
def test_an_objective_can_be_pickled(loss, form):
    critic, (real, fake, material) = QuadraticCritic((2,)), MeasureCase("mid").batch()
    own = CriticObjective(gpreg.loss(loss), gpreg.penalty("mid", form=form, seed=1))
    other = through_pickle(own)
    assert torch.equal(own(critic, real, fake, **material).total, other(critic, real, fake, **material).total)


def test_a_copy_looks_at_its_critic_anew():
    own, critic = gpreg.penalty("pd"), QuadraticCritic((2,))
    own(critic, MeasureCase("pd").batch()[0])
    assert len(own.examination._seen) == 1
    assert len(through_pickle(own).examination._seen) == 0

"""Penalties and losses of one's own: themselves, or their classes, beside names."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import OptionError, UnknownNameError, UsageError
from gpreg.interfaces import GANLoss, GradientForm, PenaltyMeasure, PenaltySample
from gpreg.testing import LinearCritic

REAL, FAKE = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Scaled(PenaltyMeasure):
    needs = frozenset({"real"})

    def __init__(self, by=1.0):
        super().__init__()
        self.by = by

    def sample(self, batch):
        return PenaltySample(points=batch.real, weights=batch.real.new_full((len(batch.real),), self.by))


@dataclass(frozen=True)
class Settings:
    by: float


class FromSettings(Scaled):
    def __init__(self, settings):
        super().__init__(settings.by)


class Fourth(GradientForm):
    def __call__(self, grad):
        return grad.flatten(1).square().sum(1).square()


class Shifted(GANLoss):
    def __init__(self, by=0.0):
        self.by = by

    def critic_loss(self, d_real, d_fake):
        return d_fake - d_real + self.by

    def generator_loss(self, d_fake, d_real=None):
        return -d_fake


@pytest.mark.parametrize(
    ("measure", "options", "mass"),
    [
        (Scaled(), None, 1.0),
        (Scaled(3.0), None, 3.0),
        (Scaled, None, 1.0),
        (Scaled, {"by": 2.0}, 2.0),
        (FromSettings, Settings(5.0), 5.0),
    ],
)
def test_a_measure_of_one_s_own(measure, options, mass):
    critic = LinearCritic((3,))
    value = gpreg.penalty(measure, rho=4.0, measure_options=options)(critic, REAL)
    torch.testing.assert_close(value, 2 * mass * critic.weight.square().sum())


@pytest.mark.parametrize("form", [Fourth(), Fourth])
@pytest.mark.parametrize("measure", [Scaled, "pd"])
def test_a_form_of_one_s_own(measure, form):
    critic = LinearCritic((3,))
    torch.testing.assert_close(
        gpreg.penalty(measure, rho=2.0, form=form)(critic, REAL), critic.weight.square().sum().square()
    )


def test_a_name_brings_its_own_form_and_a_measure_itself_the_squared_one():
    assert type(gpreg.penalty("wgan-gp").form).__name__ == "OneCentered"
    assert type(gpreg.penalty(gpreg.penalty("wgan-gp").measure).form).__name__ == "Squared"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"measure": Fourth()}, "the measure is a Fourth; it must be a name, or a gpreg.interfaces.PenaltyMeasure"),
        ({"measure": Fourth}, "the measure is the class Fourth; it must be a name"),
        ({"measure": nn.Linear(1, 1)}, "the measure is a Linear"),
        ({"measure": None}, "the measure is a NoneType"),
        ({"measure": "pd", "form": 3}, "the form is a int; it must be a name, or a gpreg.interfaces.GradientForm"),
        ({"measure": Scaled(), "measure_options": {"by": 2}}, "options are given for a measure that is built already"),
    ],
)
def test_what_is_neither_is_refused(arguments, reason):
    with pytest.raises(UsageError, match=reason):
        gpreg.penalty(**arguments)


def test_a_measure_that_forgot_its_base_class_is_refused():
    class Forgetful(Scaled):
        def __init__(self):
            pass

    with pytest.raises(UsageError, match=r"Forgetful does not call super\(\).__init__\(\)"):
        gpreg.penalty(Forgetful())


@pytest.mark.parametrize("loss", [Shifted(2.0), "wasserstein", Shifted])
def test_a_loss_in_three_lines(loss):
    critic = LinearCritic((3,))
    loss, penalty = gpreg.loss(loss), gpreg.penalty("mid")
    critic_loss = loss.critic_loss(critic(REAL), critic(FAKE)).mean() + penalty(critic, REAL, FAKE)
    critic_loss.backward()
    terms = gpreg.CriticObjective(loss, gpreg.penalty("mid"))(critic, REAL, FAKE)
    torch.testing.assert_close(terms.total, critic_loss)


def test_a_loss_has_its_options_as_keywords():
    zero = torch.zeros(2)
    assert torch.equal(gpreg.loss(Shifted, by=3.0).critic_loss(zero, zero), zero + 3)
    with pytest.raises(OptionError, match="no option 'bye'"):
        gpreg.loss("hinge", bye=1)
    with pytest.raises(UnknownNameError, match="did you mean 'wasserstein'"):
        gpreg.loss("wasserstien")
    with pytest.raises(UsageError, match="the loss is a Scaled"):
        gpreg.loss(Scaled())
    with pytest.raises(UsageError, match="options are given for a loss that is built already"):
        gpreg.loss(Shifted(), by=1.0)

import pytest
import torch
from torch import nn

import gpreg
from gpreg import CriticObjective, load_registry
from gpreg.errors import BatchCouplingError
from gpreg.testing import MeasureCase

MEASURES = [spec.name for spec in load_registry().list("measure")]
LOSSES = [spec.name for spec in load_registry().list("loss")]


class Counting(nn.Module):
    """A smooth critic that counts the samples it sees."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)).double()
        self.seen = 0

    def forward(self, x, labels=None):
        self.seen += len(x)
        return self.net(x).squeeze(1)


def gradients(value, critic):
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(value, critic.parameters(), allow_unused=True) if g is not None]
    )


@pytest.mark.parametrize("estimator", ["exact", "finite-difference"])
@pytest.mark.parametrize("loss_name", ["wasserstein", "relativistic"])
@pytest.mark.parametrize("measure", MEASURES)
def test_it_equals_loss_and_penalty_computed_apart(measure, loss_name, estimator):
    case, critic = MeasureCase(measure), Counting()
    loss = load_registry().build("loss", loss_name)

    def penalty():
        return gpreg.penalty(measure, rho=3.0, estimator=estimator)

    real, fake, material = case.batch()
    terms = CriticObjective(loss, penalty())(critic, real, fake, **material)
    real, fake, material = case.batch()
    apart = loss.critic_loss(critic(real), critic(fake.detach())).mean()
    plain = penalty()(critic, real, fake, **material)
    torch.testing.assert_close(terms.loss, apart)
    torch.testing.assert_close(terms.penalty, plain)
    torch.testing.assert_close(terms.total, apart + plain)
    torch.testing.assert_close(gradients(terms.total, critic), gradients(apart + plain, critic))


@pytest.mark.parametrize(
    ("measure", "samples"),
    [("wgan", 10), ("pd", 10), ("pg", 10), ("pd+pg", 10), ("js", 10), ("mid", 15), ("gp", 15), ("mixture", 10)],
)
def test_the_forward_pass_of_the_loss_serves_the_penalty_where_it_can(measure, samples):
    case, critic = MeasureCase(measure), Counting()
    objective = CriticObjective(load_registry().build("loss", "wasserstein"), gpreg.penalty(measure))
    for step in range(2):  # the first step also looks for coupling
        critic.seen = 0
        real, fake, material = case.batch(step)
        objective(critic, real, fake, **material)
    assert critic.seen == samples


def test_a_lazy_step_has_no_penalty():
    case, critic = MeasureCase("mid"), Counting()
    objective = CriticObjective(load_registry().build("loss", "hinge"), gpreg.penalty("mid", every=2))
    real, fake, material = case.batch()
    first, second = (objective(critic, real, fake, **material) for _ in range(2))
    assert first.terms is not None
    assert first.penalty > 0
    assert second.terms is None
    assert second.penalty == 0
    assert torch.equal(second.total, second.loss)


def test_coupling_is_refused_here_too():
    critic = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    real, fake, material = MeasureCase("pd").batch()
    objective = CriticObjective(load_registry().build("loss", "wasserstein"), gpreg.penalty("pd"))
    with pytest.raises(BatchCouplingError):
        objective(critic, real, fake, **material)


def test_held_out_data_can_be_scored_without_gradient_tracking():
    case, critic = MeasureCase("pd+pg"), Counting()
    objective = CriticObjective(load_registry().build("loss", "non-saturating"), gpreg.penalty("pd+pg"))
    real, fake, material = case.batch()
    tracked = objective(critic, real, fake, **material)
    with torch.no_grad():
        terms = objective(critic, real, fake, **material)
    assert not terms.total.requires_grad
    torch.testing.assert_close(terms.total, tracked.total.detach())

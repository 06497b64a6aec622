import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import BatchCouplingError

REAL = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))


class CentredOverTheBatch(nn.Module):
    """Couples samples without any layer that says so."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return (x - x.mean(0)).square().sum(1)


def batch_norm_critic(**settings):
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8, **settings), nn.ReLU(), nn.Linear(8, 1))


def test_batch_normalisation_is_refused_with_layer_and_remedy():
    with pytest.raises(BatchCouplingError, match=r"layer '1' \(BatchNorm1d\)") as caught:
        gpreg.penalty("pd")(batch_norm_critic(), REAL)
    assert "allow_batch_coupling=True" in caught.value.remedy


def test_batch_normalisation_in_evaluation_mode_is_per_sample():
    gpreg.penalty("pd")(batch_norm_critic().eval(), REAL).backward()


def test_batch_normalisation_without_running_statistics_couples_even_in_evaluation_mode():
    with pytest.raises(BatchCouplingError):
        gpreg.penalty("pd")(batch_norm_critic(track_running_stats=False).eval(), REAL)


def test_a_mode_is_checked_when_it_is_entered():
    critic, penalty = batch_norm_critic().eval(), gpreg.penalty("pd")
    penalty(critic, REAL)
    with pytest.raises(BatchCouplingError):
        penalty(critic.train(), REAL)


def test_coupling_that_no_layer_shows_is_measured_and_leaves_no_trace():
    critic = CentredOverTheBatch()
    with pytest.raises(BatchCouplingError, match="depends on the others"):
        gpreg.penalty("pd")(critic, REAL)
    assert critic.calls == 0


@pytest.mark.parametrize("estimator", ["exact", "noise"])
def test_a_recurrent_critic_that_takes_the_batch_for_the_time_is_refused(estimator):
    recurrent = nn.LSTM(4, 1)  # without batch_first
    with pytest.raises(BatchCouplingError, match="depends on the others"):
        gpreg.penalty("pd", estimator=estimator)(lambda x: recurrent(x)[0].mean((1, 2)), torch.randn(5, 7, 4))


def test_the_override_computes_the_batchs_gradient():
    critic = CentredOverTheBatch()
    value = gpreg.penalty("pd", rho=2.0, allow_batch_coupling=True)(critic, REAL)
    gradient = 2 * (REAL - REAL.mean(0))  # of the sum over the batch
    torch.testing.assert_close(value, gradient.square().sum(1).mean())


@pytest.mark.parametrize(
    "layer", [nn.GroupNorm(2, 8), nn.LayerNorm(8), nn.Dropout(0.5), nn.Identity()], ids=lambda m: type(m).__name__
)
def test_per_sample_layers_pass(layer):
    critic = nn.Sequential(nn.Linear(3, 8), layer, nn.Linear(8, 1))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    penalty = gpreg.penalty("pd")
    penalty.examination(critic, REAL, None)
    assert torch.equal(torch.get_rng_state(), before), "looking must not move the global random state"


def test_spectral_normalisation_passes_and_its_power_iteration_is_not_moved_by_looking():
    critic = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 1))
    before = {name: buffer.clone() for name, buffer in critic.named_buffers()}
    gpreg.penalty("pd").examination(critic, REAL, None)
    assert all(torch.equal(buffer, before[name]) for name, buffer in critic.named_buffers())


def test_a_plain_function_is_a_critic():
    assert gpreg.penalty("pd", rho=2.0)(lambda x: x.sum(1), REAL).item() == pytest.approx(3.0)


def test_looking_happens_once():
    calls = []

    def critic(x):
        calls.append(len(x))
        return x.sum(1)

    penalty = gpreg.penalty("pd")
    for _ in range(3):
        penalty(critic, REAL)
    assert calls == [2, 8, 8, 8]


class Agent(nn.Module):
    """A critic that is called by a method other than ``forward``."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.register_buffer("calls", torch.zeros(()))

    def act(self, x):
        self.calls += 1
        return self.layers(x)


def test_a_modules_method_is_looked_at_once_as_the_module():
    agent, penalty = Agent(nn.Linear(3, 1)), gpreg.penalty("pd")
    for calls in (1, 2):
        penalty(agent.act, REAL)
        assert agent.calls == calls, "looking has left no trace"
    with pytest.raises(BatchCouplingError, match=r"layer 'layers.1' \(BatchNorm1d\)"):
        gpreg.penalty("pd")(Agent(batch_norm_critic()).act, REAL)


class TestAFunctionThatIsMadeAnew:
    """A lambda in a loop is known by its code, and by the modules and functions that it refers to."""

    @staticmethod
    def calls(networks, penalty):
        calls = []

        def step(network, offset):
            penalty(lambda x: network(x) + offset, REAL)

        for number, network in enumerate(networks):
            handle = network.register_forward_pre_hook(lambda module, x: calls.append(len(x[0])))
            step(network, torch.tensor(float(number)))
            handle.remove()
        return calls

    def test_it_is_looked_at_once(self):
        assert self.calls([nn.Linear(3, 1)] * 3, gpreg.penalty("pd")) == [2, 8, 8, 8]

    def test_so_is_each_that_refers_to_another_module(self):
        first, second = nn.Linear(3, 1), nn.Linear(3, 1)
        assert self.calls([first, second, first, second], gpreg.penalty("pd")) == [2, 8, 2, 8, 8, 8]

    def test_a_critic_that_mixes_is_found_behind_code_that_was_seen(self):
        penalty, seen = gpreg.penalty("pd"), nn.Linear(3, 1)
        with pytest.raises(BatchCouplingError):
            self.calls([seen, CentredOverTheBatch()], penalty)

    def test_so_is_a_mode(self):
        penalty, critic = gpreg.penalty("pd"), batch_norm_critic().eval()
        self.calls([critic], penalty)
        with pytest.raises(BatchCouplingError):
            self.calls([critic.train()], penalty)

    def test_modes_in_turn_are_looked_at_once_each(self):
        critic, penalty, calls = nn.Linear(3, 1), gpreg.penalty("pd"), []
        critic.register_forward_pre_hook(lambda module, x: calls.append(len(x[0])))
        for _ in range(2):
            penalty(critic.train(), REAL)
            penalty(critic.eval(), REAL)
        assert calls == [2, 8, 2, 8, 8, 8]

"""A monitor has the figures of each step, and changes nothing of it."""

import copy
import pickle

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import UsageError
from gpreg.penalties import CompiledObjective
from gpreg.testing import LinearCritic

NOTHING = {
    "steps": 0,
    "window": 0,
    "gradient_norm": None,
    "value": None,
    "share": None,
    "ratio": None,
    "cosine": None,
    "share_steps": 0,
}


def linear(norm=5.0):
    critic = nn.Linear(2, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[0.6, 0.8]]) * norm)
    return critic


def batches(n=6):
    return torch.randn(2, n, 2, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


def objective(penalty):
    return gpreg.CriticObjective(gpreg.loss("wasserstein"), penalty)


def compiled(penalty):
    return CompiledObjective(objective(penalty), backend="eager")


@pytest.mark.parametrize(
    "loop", [lambda penalty: penalty, objective, compiled], ids=["penalty", "objective", "compiled"]
)
@pytest.mark.parametrize("measure", ["pd", "gp", "pd+pg"])
def test_the_figures_of_the_last_steps(loop, measure):
    penalty, (real, fake) = gpreg.penalty(measure, rho=2.0), batches()
    monitor, step = penalty.monitor(window=2), loop(penalty)
    for norm in (100.0, 2.0, 4.0):
        step(linear(norm), real, fake)
    found = monitor.read()
    mass = 2 if measure == "pd+pg" else 1
    assert (found["steps"], found["window"]) == (3, 2)
    assert found["gradient_norm"] == pytest.approx({"mean": 3, "low": 3, "median": 3, "high": 3})
    assert found["value"] == pytest.approx(mass * (2**2 + 4**2) / 2)


def test_they_are_those_of_a_probe():
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    penalty, (real, fake) = gpreg.penalty("gp", rho=2.0, seed=3), batches()
    probe = gpreg.probe(penalty, critic, fake, real)
    with penalty.monitor(share_every=1) as monitor:
        objective(penalty)(critic, real, fake)
    found = monitor.read()
    assert found["gradient_norm"] == pytest.approx(vars(probe.gradient_norm))
    assert [found[name] for name in ("value", "share", "ratio", "cosine")] == pytest.approx(
        [probe.value, probe.share, probe.ratio, probe.cosine]
    )


def test_the_share_of_a_linear_critic():
    critic, (real, fake) = linear(), batches()
    penalty = gpreg.penalty("pd", rho=2.0, every=2)
    monitor = penalty.monitor()
    loss, value = critic(fake).mean() - critic(real).mean(), penalty(critic, real, fake)
    monitor.share(loss, value, critic)
    ratio = 10 / (fake.mean(0) - real.mean(0)).norm().item()
    assert monitor.read()["ratio"] == pytest.approx(ratio)
    assert monitor.read()["share"] == pytest.approx(ratio / (1 + ratio))
    assert critic.weight.grad is None
    (loss + value).backward()  # the graph is still there
    assert critic.weight.grad is not None


@pytest.mark.parametrize("function", [False, True])
def test_an_objective_measures_the_share_in_each_nth_step(function):
    module, (real, fake) = linear(), batches()
    critic = (lambda x: module(x) * 1) if function else module
    penalty = gpreg.penalty("pd", rho=2.0)
    monitor, step = penalty.monitor(share_every=3), objective(penalty)
    for _ in range(7):
        step(critic, real, fake).total.backward()
    found = monitor.read()
    assert (found["steps"], found["share_steps"]) == (7, 3)
    assert found["ratio"] == pytest.approx(10 / (fake.mean(0) - real.mean(0)).norm().item())


def test_training_is_the_same_with_and_without():
    def trained(watched):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
        penalty, optimizer = gpreg.penalty("gp", rho=2.0, seed=3), torch.optim.Adam(critic.parameters())
        monitor, step = penalty.monitor(share_every=2) if watched else None, objective(penalty)
        for _ in range(4):
            optimizer.zero_grad()
            step(critic, *batches()).total.backward()
            optimizer.step()
        assert monitor is None or monitor.read()["steps"] == 4
        return [*critic.parameters(), penalty.get_extra_state()["rng"]["state"]]

    assert all(torch.equal(one, other) for one, other in zip(trained(False), trained(True), strict=True))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing)), copy.copy])
def test_a_copy_is_not_watched(again):
    penalty, critic, (real, fake) = gpreg.penalty("pd", rho=2.0), linear(), batches()
    state = penalty.state_dict().keys()
    monitor = penalty.monitor()
    other = again(penalty)
    other(critic, real, fake)
    assert monitor.read() == NOTHING
    penalty(critic, real, fake)
    assert monitor.read()["steps"] == 1
    assert penalty.state_dict().keys() == state


def test_a_lazy_penalty_counts_the_steps_that_it_is_computed_in():
    penalty, critic, (real, fake) = gpreg.penalty("pd", rho=2.0, every=3), linear(), batches()
    with penalty.monitor() as monitor:
        for _ in range(7):
            penalty(critic, real, fake)
    assert (monitor.read()["steps"], monitor.read()["value"]) == (3, pytest.approx(25))


def test_the_newer_one_takes_over_and_a_closed_one_can_still_be_read():
    penalty, critic, (real, fake) = gpreg.penalty("pd", rho=2.0), linear(), batches()
    with penalty.monitor() as first:
        penalty(critic, real, fake)
        with penalty.monitor() as second:
            penalty(critic, real, fake)
        penalty(critic, real, fake)
    assert (first.read()["steps"], second.read()["steps"]) == (1, 1)


def test_the_zero_measure_and_a_critic_without_parameters():
    real, fake = batches()
    zero = gpreg.penalty("wgan")
    monitor = zero.monitor(share_every=1)
    objective(zero)(linear(), real, fake)
    zero(linear(), real, fake)
    assert monitor.read() == NOTHING
    penalty = gpreg.penalty("pd", rho=2.0)
    monitor = penalty.monitor(share_every=1)
    objective(penalty)(lambda x: x.sum(1), real, fake)
    assert (monitor.read()["steps"], monitor.read()["share"]) == (1, None)
    monitor.share(torch.zeros(()), torch.zeros(()), linear())
    assert monitor.read()["share"] is None


def test_a_nest_and_half_precision():
    penalty = gpreg.penalty("pd", rho=2.0)
    real = {"a": torch.randn(4, 2), "b": torch.randn(4, 1)}
    net = nn.Linear(3, 1)
    with penalty.monitor(share_every=1) as monitor, torch.autocast("cpu", dtype=torch.bfloat16):
        objective(penalty)(lambda x: net(torch.cat([x["a"], x["b"]], 1)), real, {k: v + 1 for k, v in real.items()})
    assert monitor.read()["gradient_norm"]["mean"] == pytest.approx(net.weight.norm().item(), rel=0.02)
    assert 0 < monitor.read()["share"] < 1


def test_a_skipped_step_has_no_share():
    critic, (real, fake) = linear(), batches()
    penalty = gpreg.penalty("pd", rho=2.0, every=2)
    monitor = penalty.monitor()
    for _ in range(4):
        monitor.share(critic(fake).mean() - critic(real).mean(), penalty(critic, real, fake), critic)
    ratio = 10 / (fake.mean(0) - real.mean(0)).norm().item()
    assert (monitor.read()["share_steps"], monitor.read()["ratio"]) == (2, pytest.approx(ratio))


def test_the_share_is_measured_before_backward():
    critic, (real, fake) = linear(), batches()
    penalty = gpreg.penalty("pd", rho=2.0)
    monitor = penalty.monitor()
    loss, value = critic(fake).square().mean(), penalty(critic, real, fake)
    with pytest.raises(UsageError, match="no graph"):
        monitor.share(loss.detach(), value, critic)
    (loss + value).backward()
    with pytest.raises(UsageError, match="used up"):
        monitor.share(loss, value, critic)


@pytest.mark.parametrize("arguments", [{"window": 0}, {"window": 1.5}, {"share_every": 0}])
def test_bad_input(arguments):
    with pytest.raises(UsageError, match=r"must be a whole number >= 1"):
        gpreg.penalty("pd").monitor(**arguments)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_device_is_waited_for_in_read_alone():
    critic = LinearCritic((2,)).cuda().float()
    real, fake = (one.cuda().float() for one in batches())
    penalty = gpreg.penalty("gp", rho=2.0)
    step = objective(penalty)
    step(critic, real, fake)
    monitor = penalty.monitor(share_every=1)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(3):
            step(critic, real, fake)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert monitor.read()["steps"] == 3

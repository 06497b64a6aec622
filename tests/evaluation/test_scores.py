import gc
import weakref

import pytest
import torch
from torch import nn

from gpreg.errors import ExitCode, PluginError, UsageError
from gpreg.evaluation.sampler import BATCH, Sampler
from gpreg.evaluation.scores import Conditions, take_score
from gpreg.interfaces import CriticMetric, Generator, Metric, MetricResult, Opening, SampleSpec
from gpreg.recipe import Choice

PLANE = SampleSpec(shape=(2,))
CPU = torch.device("cpu")


class Normal(Generator):
    latent_dim = 2

    def forward(self, z, labels=None):
        return z.clone()


@pytest.fixture
def data(registry):
    return registry.build("dataset", "8gaussians").open(Opening())


@pytest.fixture
def take(registry, data):
    def score(name="wasserstein", options=None, *, watch=None, batch=64, **request):
        wanted = {"step": 7, "samples": 100, "split": "train", "generator": "raw", "seed": 3} | request
        sampler = Sampler(Normal(), PLANE, batch)
        choice = Choice(name=name, options=options or {})
        return take_score(choice, registry, sampler, data, Conditions(**wanted), device=CPU, watch=watch)

    return score


@pytest.fixture
def metric(monkeypatch, registry):
    """Put a metric of one's own in the place of ``modes``."""

    def put(function):
        class Own(Metric):
            def __call__(self, samples, data):
                return MetricResult(values=function(samples), provenance={"definition": "own", "samples": "own"})

        build = registry.build
        monkeypatch.setattr(
            registry, "build", lambda kind, name, options=None: Own() if name == "modes" else build(kind, name, options)
        )

    return put


def test_a_line_says_what_it_was_taken_of(take):
    line = take(options={"n": 100})
    assert (line["step"], line["metric"], set(line["values"])) == (7, "wasserstein", {"w1"})
    assert line["better"] == {"w1": "lower"}
    assert line["seconds"] >= 0
    expected = {
        "split": "train",
        "generator": "raw",
        "generated": 100,
        "seed": 3,
        "torch": torch.__version__,
        "options": {"n": 100},
    }
    provenance = line["provenance"]
    assert {key: provenance[key] for key in expected} == expected
    assert provenance["package"].startswith("gpreg-metrics ")
    assert {"samples", "data points", "distance"} <= set(provenance), "and what the metric says of itself"


def test_the_score_is_the_metrics_own(take, registry, data):
    sampler, rng = Sampler(Normal(), PLANE, 64), torch.Generator().manual_seed(3)
    samples = list(sampler.draw(100, rng))
    for name, options in (("wasserstein", {"n": 100}), ("modes", {"threshold": 2})):
        result = registry.build("metric", name, options)(samples, data)
        assert take(name, options)["values"] == result.values


def test_samples_are_those_of_the_seed(take, metric):
    seen = []
    metric(lambda samples: seen.append(torch.cat(list(samples))) or {})
    for seed in (0, 0, 1):
        take("modes", seed=seed)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])


def test_and_no_random_number_of_training_is_used(take):
    state = torch.get_rng_state()
    take(options={"n": 50})
    assert torch.equal(torch.get_rng_state(), state)


def test_a_metric_that_returns_something_else_is_named(take, monkeypatch):
    monkeypatch.setattr("gpreg_metrics.wasserstein.Wasserstein.__call__", lambda self, samples, data: 3.0)
    with pytest.raises(PluginError, match=r"metric 'wasserstein' of gpreg-metrics .* returned a float\nreturn gpreg"):
        take()


@pytest.mark.parametrize("samples", [2, 3, 63, 65, 129])
def test_exactly_as_many_as_asked_for(take, metric, samples):
    metric(lambda batches: {"modes": float(sum(map(len, batches)))})
    told = []
    line = take("modes", samples=samples, watch=told.append)
    assert line["values"] == {"modes": samples}
    assert told == sorted(told)
    assert told[-1] == samples


@pytest.mark.parametrize("samples", [0, 1])
def test_too_few_are_refused(take, samples):
    with pytest.raises(UsageError, match=f"{samples} samples are too few") as error:
        take(samples=samples)
    assert error.value.exit_code == ExitCode.USAGE


def test_more_than_the_metric_can_have_is_refused_by_the_metric(take):
    with pytest.raises(UsageError, match="needs 1000 samples and was given 100"):
        take(samples=100)


def test_fifty_thousand_samples_are_never_held_at_once(take, metric):
    most = alive = 0

    def forget(n):
        nonlocal alive
        alive -= n

    def consume(samples):
        nonlocal most, alive
        total = 0
        for batch in samples:
            alive += len(batch)
            weakref.finalize(batch, forget, len(batch))
            most = max(most, alive)
            total += len(batch)
        return {"modes": float(total)}

    gc.disable()  # what is freed is freed by counting references
    try:
        metric(consume)
        assert take("modes", samples=50_000, batch=BATCH)["values"] == {"modes": 50_000}
    finally:
        gc.enable()
    assert 0 < most <= 2000


@pytest.mark.parametrize("name", ["modes", "wasserstein"])
def test_metrics_of_the_plane_hold_few_samples(registry, data, name):
    """What a metric keeps of the batches themselves; numbers that it computes from them are its own affair."""
    alive = most = 0

    def forget(n):
        nonlocal alive
        alive -= n

    def stream():
        nonlocal alive, most
        for _ in range(100):
            batch = torch.randn(500, 2)
            alive += len(batch)
            weakref.finalize(batch, forget, len(batch))
            most = max(most, alive)
            yield batch

    registry.build("metric", name)(stream(), data)
    assert 0 < most <= 2000


class Norm(CriticMetric):
    """What the critic makes of points on the unit circle, and whether it is as it should be."""

    def judge(self, critic, data):
        assert not critic.training
        output = critic(torch.eye(2))
        assert not output.requires_grad
        return MetricResult(values={"norm": output.sum().item()}, provenance={})


def test_a_metric_of_critics_gets_the_critic_and_no_samples(registry, data, monkeypatch):
    monkeypatch.setattr(registry, "build", lambda *_: Norm())
    critic = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    before = {name: tensor.clone() for name, tensor in critic.state_dict().items()}
    choice, conditions = Choice(name="modes"), Conditions(step=7, samples=10**9, split="train", generator="raw", seed=3)
    line = take_score(choice, registry, Sampler(Normal(), PLANE), data, conditions, device=CPU, critic=critic)
    assert line["values"] == {"norm": pytest.approx(critic.eval()(torch.eye(2)).sum().item())}
    assert line["provenance"]["generated"] == 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in critic.state_dict().items())
    with pytest.raises(UsageError, match="metric 'modes' scores critics, and there is none here"):
        take_score(choice, registry, Sampler(Normal(), PLANE), data, conditions, device=CPU)

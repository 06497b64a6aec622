"""What a probe says of critics whose figures are known in closed form; and that it changes nothing."""

import json
import math
import random
from collections import Counter

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

import gpreg
from gpreg.errors import UsageError
from gpreg.penalties import FiniteDifference
from gpreg.probing.measurement import MOST
from gpreg.probing.probe import percent, share_of
from gpreg.testing import MeasureCase, QuadraticCritic

MEASURES = [spec.name for spec in gpreg.load_registry().list("measure")]
PLUGINS = [record.package for record in gpreg.load_registry().records]


def linear(weights=(3.0, 4.0), dtype=torch.float64):
    """``D(x) = w . x``, whose gradient is w everywhere."""
    critic = nn.Linear(len(weights), 1, bias=False, dtype=dtype)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([weights]))
    return critic


def batches(n=6, dim=2, dtype=torch.float64):
    return torch.randn(2, n, dim, generator=torch.Generator().manual_seed(7), dtype=dtype)


def networks(width=16, dtype=torch.float32):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        critic = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        generator = nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, 2))
    return critic.to(dtype), generator.to(dtype)


@pytest.mark.parametrize("rho", [0.5, 20.0])
@pytest.mark.parametrize("measure", ["pd", "pg", "gp", "mid"])
@pytest.mark.parametrize("estimator", ["exact", "finite-difference"])
def test_a_linear_critic_has_a_known_share(measure, rho, estimator):
    critic, (real, fake) = linear(), batches()
    found = gpreg.probe(gpreg.penalty(measure, rho=rho, estimator=estimator), critic, fake, real, loss="wasserstein")
    of_loss, of_penalty = fake.mean(0) - real.mean(0), rho * critic.weight[0].detach()
    ratio = (of_penalty.norm() / of_loss.norm()).item()
    assert found.ratio == pytest.approx(ratio, rel=1e-6)
    assert found.share == pytest.approx(ratio / (1 + ratio), rel=1e-6)
    assert found.cosine == pytest.approx(torch.cosine_similarity(of_loss, of_penalty, dim=0).item(), abs=1e-6)
    assert found.value == pytest.approx(rho / 2 * 25, rel=1e-6)
    assert found.gap == pytest.approx(-(critic(fake).mean() - critic(real).mean()).item())
    assert found.loss == pytest.approx(-found.gap)
    norms = found.gradient_norm
    assert (norms.mean, norms.low, norms.median, norms.high) == pytest.approx((5, 5, 5, 5), rel=1e-6)
    assert found.pushed_down == 1
    assert [trial.ratio for trial in found.trials] == pytest.approx([ratio / 10, ratio, 10 * ratio], rel=1e-6)
    assert found.share_at(10 * rho) == pytest.approx(found.trials[2].share)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_steps_are_really_taken_by_the_users_optimizer(steps):
    critic, (real, fake) = linear(), batches()
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.01)
    found = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real, optimizer=optimizer, steps=steps)
    for trial, rho in zip(found.trials, (0.2, 2.0, 20.0), strict=True):
        w = critic.weight[0].detach()
        for _ in range(steps):
            w = w - 0.01 * (fake.mean(0) - real.mean(0) + rho * w)
        assert trial.rho == pytest.approx(rho)
        assert trial.gradient_norm == pytest.approx(w.norm().item())
        assert trial.gap == pytest.approx((w @ (real.mean(0) - fake.mean(0))).item())
        assert trial.loss == pytest.approx(-trial.gap)
    assert "SGD, learning rate 0.01" in str(found)


def test_the_optimizer_goes_on_from_its_own_state():
    critic, (real, fake) = linear(), batches()
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.1, momentum=0.9)
    critic(real).sum().backward()
    optimizer.step()
    w, momentum = critic.weight[0].detach().clone(), real.sum(0)
    found = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real, optimizer=optimizer, steps=1)
    expected = w - 0.1 * (0.9 * momentum + fake.mean(0) - real.mean(0) + 2 * w)
    assert found.trials[1].gradient_norm == pytest.approx(expected.norm().item())


def test_a_quadratic_critic_has_known_quantiles():
    scale = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
    real = torch.arange(1.0, 12.0, dtype=torch.float64)[:, None]
    fake = real + 1

    def critic(x):
        return scale * x.square().sum(1) / 2

    found = gpreg.probe(gpreg.penalty("pd", rho=3.0), critic, fake, real)
    norms = found.gradient_norm
    assert (norms.mean, norms.low, norms.median, norms.high) == pytest.approx((12, 4, 12, 20))
    of_loss = (fake.square().mean() - real.square().mean()).item() / 2
    assert found.ratio == pytest.approx(3 * 2 * real.square().mean().item() / of_loss)
    assert found.cosine == pytest.approx(1)
    assert len(found.trials) == 3


def test_wgan_gp_pushes_up_below_one_and_down_above():
    real = torch.tensor([[0.2], [0.5], [2.0], [3.0]], dtype=torch.float64)
    penalty = gpreg.penalty("pd", form="one-centered", rho=2.0)
    assert gpreg.probe(penalty, lambda x: x.square().sum(1) / 2, real, real).pushed_down == 0.5
    one_sided = gpreg.penalty("pd", form="one-sided", rho=2.0)
    assert gpreg.probe(one_sided, lambda x: x.square().sum(1) / 8, real, real).pushed_down == 0


def test_a_loss_that_is_a_function_and_batches_of_two_lengths():
    critic, (real, fake) = linear(), batches()

    def own(d_real, d_fake):
        return d_fake.mean() - d_real.mean()

    whole = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real, loss="wasserstein")
    same = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real, loss=own)
    assert (same.ratio, same.cosine) == pytest.approx((whole.ratio, whole.cosine))
    assert same.loss_name == "own"
    part = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake[:4], real, loss=own)
    assert part.ratio == pytest.approx(10 / (fake[:4].mean(0) - real.mean(0)).norm().item())
    with pytest.raises(UsageError, match="pairs 6 real samples with 4"):
        gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake[:4], real)


def test_without_a_gradient_there_is_no_share():
    critic, (real, fake) = linear((0.0, 0.0)), batches()
    found = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real)
    assert (found.share, found.cosine, found.value) == (0, None, 0)
    same = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, real, real)
    assert (same.ratio, same.share, same.cosine) == (None, None, None)
    assert same.share_at(5.0) is None
    assert "neither loss nor penalty" in str(same)
    only = gpreg.probe(gpreg.penalty("pd", rho=2.0), linear(), real, real)
    assert (only.ratio, only.share, only.share_at(5.0), only.share_at(0.0)) == (None, 1.0, 1.0, 0.0)
    assert json.loads(json.dumps(only.to_dict(), allow_nan=False))["ratio"] is None


def test_a_critic_that_learns_nothing_and_a_measure_without_points():
    real, fake = batches()
    frozen = gpreg.probe(gpreg.penalty("pd", rho=2.0), lambda x: x.sum(1), fake, real)
    assert (frozen.share, frozen.trials) == (None, ())
    assert frozen.gradient_norm.mean == pytest.approx(2**0.5)
    zero = gpreg.probe(gpreg.penalty("wgan"), linear(), fake, real)
    assert (zero.points, zero.gradient_norm, zero.value, zero.share, zero.trials) == (0, None, 0, 0, ())
    assert "the measure has no points" in str(zero)
    off = gpreg.probe(gpreg.penalty("pd", rho=0.0), linear(), fake, real)
    assert (off.share, off.trials, off.share_at(0.0), off.share_at(1.0)) == (0, (), 0, None)
    assert "it does not act here" in str(off)
    assert "cosine" not in str(off)


def test_a_lazy_penalty_is_judged_by_its_average():
    critic, (real, fake) = linear(), batches()
    plain = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real)
    penalty = gpreg.penalty("pd", rho=2.0, every=4)
    penalty(critic, real, fake)
    lazy = gpreg.probe(penalty, critic, fake, real)
    assert (lazy.ratio, lazy.value, lazy.trials) == (plain.ratio, plain.value, plain.trials)
    assert "in the one step of 4 that computes the penalty it acts 4 times as much" in str(lazy)
    assert f"is {100 * share_of(lazy.ratio, 4):.0f} % of the critic's gradient; in the others it is 0" in str(lazy)


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.state, self.command = linear((3.0, 4.0)), linear((12.0,))

    def forward(self, x, condition=None):
        outputs = self.state(x["state"]) + self.command(x["command"])
        return outputs if condition is None else outputs + condition[0]


def test_nests_and_conditions():
    real, fake = ({"state": one, "command": one[:, :1]} for one in batches())
    condition = (torch.zeros(6, 1, dtype=torch.float64),)
    for penalty, norm in ((gpreg.penalty("gp", rho=2.0), 13), (gpreg.penalty("gp", rho=2.0, wrt="state"), 5)):
        found = gpreg.probe(penalty, Nested(), fake, real)
        assert found.gradient_norm.mean == pytest.approx(norm)
        given = gpreg.probe(penalty, Nested(), fake, real, condition=condition)
        assert (given.ratio, given.cosine) == pytest.approx((found.ratio, found.cosine))
        made = gpreg.probe(
            penalty,
            Nested(),
            lambda z, c: {"state": z + c[0], "command": z[:, :1]},
            real,
            latent_dim=2,
            condition=condition,
        )
        assert made.gradient_norm.mean == pytest.approx(norm)
        assert made.points == 6


def test_packs_maps_and_units():
    real, fake = batches()
    packed = gpreg.probe(gpreg.penalty("pd", rho=2.0, pack=2), lambda x: x.view(3, 4).sum(1), fake, real)
    assert (packed.points, packed.gradient_norm.mean) == (3, pytest.approx(2.0))
    maps = gpreg.probe(gpreg.penalty("pd", rho=2.0, outputs="sum"), linear().weight.mul, fake, real)
    assert maps.gradient_norm.mean == pytest.approx(5.0)
    scaled = gpreg.probe(gpreg.penalty("pd", rho=2.0, scale=3.0), linear(), fake, real)
    assert scaled.gradient_norm.mean == pytest.approx(15.0)
    assert "scale=" in scaled.because or "fakes are given" in scaled.because


def test_labels_go_to_critic_and_generator():
    real, _ = batches()
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    table = nn.Embedding(3, 2, dtype=torch.float64)
    found = gpreg.probe(
        gpreg.penalty("pd", rho=2.0),
        lambda x, y: (x * table(y)).sum(1),
        lambda z, y: z + y[:, None],
        real,
        latent_dim=2,
        labels=labels,
    )
    assert found.gradient_norm.mean == pytest.approx(table(labels).detach().norm(dim=1).mean().item())
    assert len(found.trials) == 3


class Everything(nn.Module):
    """A critic with a buffer that each pass changes, power iteration, dropout and a module that is replaced."""

    def __init__(self):
        super().__init__()
        self.first, self.dropout = spectral_norm(nn.Linear(2, 8)), nn.Dropout(0.3)
        self.last = nn.Linear(8, 1)
        self.register_buffer("passes", torch.zeros(()))
        self.register_buffer("average", torch.zeros(8))

    def forward(self, x):
        h = self.dropout(self.first(x).tanh())
        self.passes.add_(1)
        self.average = 0.9 * self.average + 0.1 * h.detach().mean(0)
        return self.last(h)


def snapshot(*things):
    """All that a probe could change, bit for bit, and where it lies."""
    found = []
    for thing in things:
        if isinstance(thing, nn.Module):
            tensors = [*thing.named_parameters(), *thing.named_buffers()]
            found += [(name, t.clone(), t.data_ptr(), t._version, t.requires_grad, t.grad) for name, t in tensors]
            found += [(name, module.training) for name, module in thing.named_modules()]
        if isinstance(thing, gpreg.Penalty):
            found += [thing.get_extra_state(), thing._prepared, thing._drawn, thing.gradient_scale]
            found.append(dict(thing.examination._seen))
        if isinstance(thing, torch.optim.Optimizer):
            found.append(thing.state_dict())
        if isinstance(thing, torch.Generator):
            found.append(thing.get_state())
    return [*found, torch.get_rng_state(), random.getstate()]


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("function", [False, True])
def test_nothing_is_changed(seen, function):
    with torch.random.fork_rng(devices=[]):
        module, (real, _) = Everything(), batches(dtype=torch.float32)
        generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))
        critic = (lambda x: module(x) / 2) if function else module
        penalty, rng = gpreg.penalty("gp", rho=2.0, every=3, seed=1), torch.Generator().manual_seed(2)
        optimizer = torch.optim.Adam(module.parameters())
        module(real).sum().backward()
        optimizer.step()
        if seen:
            penalty(module, real, real + 1)
        pending = module(real).square().sum()
        before = snapshot(module, generator, penalty, optimizer, rng)
        one, two = (
            gpreg.probe(penalty, critic, generator, real, latent_dim=3, optimizer=optimizer, rng=rng) for _ in range(2)
        )
        assert same(before, snapshot(module, generator, penalty, optimizer, rng))
        assert one.trials == two.trials
        assert one.best_rho == two.best_rho
        pending.backward()  # a graph that was built before is still valid


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_is_probed_and_left_as_it_was(name):
    case = MeasureCase(name)
    penalty, critic, (real, fake, material) = case.penalty(), QuadraticCritic((2,)), case.batch()
    before = snapshot(critic, penalty, material["rng"])
    found = gpreg.probe(penalty, critic, fake, real, **material)
    assert same(before, snapshot(critic, penalty, material["rng"]))
    terms = penalty.terms(penalty.batch(critic, real, fake, **material))
    assert found.points == (0 if terms is None else len(terms.values))
    if terms is not None:
        assert found.value == pytest.approx(terms.values.mean().item())
        assert found.gradient_norm.mean == pytest.approx(terms.gradient_norms.mean().item())
    made = gpreg.probe(penalty, critic, material["generator"], real, **material)
    assert made.points == found.points


COUNTS = Counter()


class Counting(nn.Module):
    """Counts passes, samples and backward passes, also those of its copies."""

    def __init__(self, critic):
        super().__init__()
        self.critic = critic

    def forward(self, x):
        COUNTS["passes"] += 1
        COUNTS["samples"] += len(x)
        outputs = self.critic(x)
        if outputs.requires_grad:
            outputs.register_hook(lambda _: COUNTS.update(backward=1))
        return outputs


@pytest.mark.parametrize("estimator", ["exact", "finite-difference", "noise"])
@pytest.mark.parametrize("steps", [1, 2, 6])
@pytest.mark.parametrize("loss", ["wasserstein", "non-saturating"])
@pytest.mark.parametrize("measure", ["pd", "gp", "pd+pg"])
def test_a_probe_takes_at_most_twenty_critic_steps(measure, loss, steps, estimator):
    (critic, generator), real = networks(), batches(64, dtype=torch.float32)[0]
    counting, penalty = Counting(critic), gpreg.penalty(measure, rho=2.0, estimator=estimator)
    objective = gpreg.CriticObjective(gpreg.loss(loss), penalty)
    objective(counting, real, real + 1)  # the first one is examined
    COUNTS.clear()
    objective(counting, real, real + 1).total.backward()
    one = dict(COUNTS)
    COUNTS.clear()
    fresh = gpreg.penalty(measure, rho=2.0, estimator=estimator)
    found = gpreg.probe(fresh, counting, generator, real, latent_dim=3, loss=loss, steps=steps)
    assert found.critic_steps <= MOST
    for what, count in COUNTS.items():
        assert count <= MOST * one[what], f"{what}: {count} against {one[what]} a step"


def test_words_and_data_say_the_same():
    critic, (real, fake) = linear(), batches()
    found = gpreg.probe(gpreg.penalty("pd", rho=2.0), critic, fake, real)
    told, page = str(found), found._repr_html_()
    assert "gradient norm: mean 5, median 5" in told
    assert "the form pushes it down at every point" in told
    assert "wasserstein, by default" in told
    assert "the fakes are given, and not the generator" in told
    assert page.startswith("<table>")
    assert "gradient norm" in page
    document = found.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["schema"] == 1
    assert document["gradient_norm"]["mean"] == pytest.approx(5)
    assert [trial["rho"] for trial in document["trials"]] == pytest.approx([0.2, 2.0, 20.0])


@pytest.mark.parametrize(
    ("rho", "words"), [(0.001, "it hardly acts"), (1.0, "both act"), (1e4, "the loss hardly acts")]
)
def test_the_share_in_words(rho, words):
    real, fake = batches()
    assert words in str(gpreg.probe(gpreg.penalty("pd", rho=rho), linear(), fake, real))


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.0004, "0.04 %"), (0.031, "3.1 %"), (0.24, "24 %"), (0.998, "over 99 %"), (1.0, "100 %")],
)
def test_percentages(share, text):
    assert percent(share) == text


def test_the_example_of_a_share_of_three_percent():
    assert share_of(0.03 / 0.97, 10) == pytest.approx(0.236, abs=1e-3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_under_autocast(dtype):
    (critic, _), (real, fake) = networks(), batches(32, dtype=torch.float32)
    penalty = gpreg.penalty("gp", rho=2.0, seed=1)
    exact = gpreg.probe(penalty, critic, fake, real)
    with torch.autocast("cpu", dtype=dtype):
        half = gpreg.probe(penalty, critic, fake, real)
    assert half.ratio == pytest.approx(exact.ratio, rel=0.05)
    assert half.gradient_norm.mean == pytest.approx(exact.gradient_norm.mean, rel=0.05)


def test_inside_no_grad():
    real, fake = batches()
    with torch.no_grad():
        found = gpreg.probe(gpreg.penalty("pd", rho=2.0), linear(), fake, real)
    assert found == gpreg.probe(gpreg.penalty("pd", rho=2.0), linear(), fake, real)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")  # torch's, of what needs no gradient
@pytest.mark.parametrize("reentrant", [False, True])
def test_a_checkpointed_critic(reentrant):
    (critic, _), (real, fake) = networks(dtype=torch.float64), batches()

    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = critic[:4], critic[4]

        def forward(self, x):
            return self.head(torch.utils.checkpoint.checkpoint(self.body, x, use_reentrant=reentrant))

    module = Checkpointed()
    for estimator in ("noise", FiniteDifference(directions=1)):
        penalty = gpreg.penalty("pd", rho=2.0, estimator=estimator, seed=1)
        plain, *others = (gpreg.probe(penalty, one, fake, real) for one in (critic, module, lambda x: module(x) * 1))
        for other in others:
            assert other.ratio == pytest.approx(plain.ratio)
            assert other.trials[2].gradient_norm == pytest.approx(plain.trials[2].gradient_norm)
        unequal = gpreg.probe(
            penalty, module, fake[:4], real, loss=lambda d_real, d_fake: d_fake.mean() - d_real.mean()
        )
        assert unequal.share > 0
    assert all(parameter.grad is None for parameter in critic.parameters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps is 0; it must be 1 to 6"),
        ({"steps": 7}, "at most 20"),
        ({"loss": 3}, "loss is a int"),
        ({"loss": "hing"}, "hinge"),
        ({"optimizer": 3}, "it must be the critic's torch.optim.Optimizer"),
        ({"optimizer": torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1)}, "none of the critic's parameters"),
        ({"fakes": None}, "neither a fake batch nor a generator"),
        ({"fakes": nn.Linear(3, 2)}, "does not say what its codes are"),
        ({"fakes": lambda: 0, "latent_dim": 3}, "cannot be called as generator"),
        ({"real": {}}, "no"),
        ({"penalty": "gp"}, "the penalty is a str"),
    ],
)
def test_bad_input(arguments, message):
    real, fake = batches()
    given = {"penalty": gpreg.penalty("pd"), "fakes": fake, "real": real} | arguments
    with pytest.raises(UsageError, match=message):
        gpreg.probe(critic=linear(), **given)


def test_an_optimizer_that_wants_a_closure():
    (real, fake), critic = batches(), linear()
    with pytest.raises(UsageError, match="LBFGS makes no step from one gradient"):
        gpreg.probe(gpreg.penalty("pd"), critic, fake, real, optimizer=torch.optim.LBFGS(critic.parameters()))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_compiled_critic(backend):
    (critic, _), (real, fake) = networks(), batches(dtype=torch.float32)
    penalty = gpreg.penalty("gp", rho=2.0, estimator="finite-difference", seed=0)
    plain, compiled = (
        gpreg.probe(penalty, one, fake, real) for one in (critic, torch.compile(critic, backend=backend))
    )
    assert compiled.ratio == pytest.approx(plain.ratio, rel=1e-4)
    assert [one.gradient_norm for one in compiled.trials] == pytest.approx(
        [one.gradient_norm for one in plain.trials], rel=1e-4
    )


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_device_is_waited_for_once():
    (critic, _), (real, fake) = networks(), batches(32, dtype=torch.float32)
    critic, real, fake = critic.cuda(), real.cuda(), fake.cuda()
    penalty = gpreg.penalty("gp", rho=2.0)
    penalty(critic, real, fake)
    waits = Counter()
    tolist = torch.Tensor.tolist

    def counted(tensor):
        waits["tolist"] += 1
        torch.cuda.set_sync_debug_mode("default")
        try:
            return tolist(tensor)
        finally:
            torch.cuda.set_sync_debug_mode("error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "tolist", counted)
        torch.cuda.set_sync_debug_mode("error")
        try:
            found = gpreg.probe(penalty, critic, fake, real)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert waits["tolist"] == 1
    assert math.isfinite(found.ratio)

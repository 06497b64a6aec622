import math
from contextlib import nullcontext
from functools import partial

import pytest
import torch
from fixtures.terms import LeCam
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

import gpreg
from gpreg import CriticObjective, load_registry
from gpreg.errors import BatchCouplingError, GpregError, UsageError
from gpreg.penalties import CompiledObjective
from gpreg.penalties.agreement import FLOAT32, TOLERANCES, differentiated, largest_difference
from gpreg.testing import MeasureCase

MEASURES = [spec.name for spec in load_registry().list("measure")]
FORMS = [spec.name for spec in load_registry().list("form")]
ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "softplus": nn.Softplus}


class Critic(nn.Module):
    """A chain of layers that takes labels, and shifts its outputs by them."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shift = nn.Parameter(torch.tensor([0.5, -0.5]))

    def forward(self, x, labels=None):
        outputs = self.layers(x).squeeze(1)
        return outputs if labels is None else outputs * (1 + self.shift[labels])


def mlp(activation=nn.Tanh, width=16):
    torch.manual_seed(0)
    return Critic(nn.Linear(2, width), activation(), nn.Linear(width, width), activation(), nn.Linear(width, 1))


def conv():
    torch.manual_seed(0)
    return Critic(
        nn.Conv2d(1, 8, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 8, 3, 2, 1), nn.Tanh(), nn.Flatten(), nn.Linear(32, 1)
    )


def objective(measure, loss="wasserstein", **settings):
    return CriticObjective(load_registry().build("loss", loss), gpreg.penalty(measure, seed=0, **settings))


def both(measure, critic, case, *, backend="aot_eager", dtype=torch.float32, **settings):
    """The objective of one batch, compiled and not, with gradients."""
    results = []
    for build in (lambda o: CompiledObjective(o, backend=backend), lambda o: o):
        real, fake, material = case.batch()
        if dtype != torch.float64:
            real, fake, material["latent"] = real.to(dtype), fake.to(dtype), material["latent"].to(dtype)
            material["generator"].to(dtype)
        built = build(objective(measure, **settings))
        results.append(differentiated(partial(built, critic, real, fake, **material), critic))
    return results


def assert_equal(got, expected, tolerance=FLOAT32):
    for name in ("total", "loss", "penalty", "d_real", "d_fake"):
        a, b = getattr(got.terms, name), getattr(expected.terms, name)
        torch.testing.assert_close(a.detach(), b.detach(), rtol=tolerance, atol=1e-6)
    for name, gradient in expected.gradients.items():
        assert (got.gradients[name] - gradient).norm() <= tolerance * gradient.norm() + 1e-7, name
    assert (got.terms.terms is None) == (expected.terms.terms is None)
    if expected.terms.terms is not None:
        for name in ("values", "gradients"):
            a, b = getattr(got.terms.terms, name), getattr(expected.terms.terms, name)
            assert not a.requires_grad
            torch.testing.assert_close(a, b.detach(), rtol=tolerance, atol=1e-6)
        assert torch.equal(got.terms.terms.sample.points, expected.terms.terms.sample.points)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure(measure):
    assert_equal(*both(measure, mlp().double(), MeasureCase(measure), dtype=torch.float64), tolerance=1e-12)


@pytest.mark.parametrize("measure", ["mid", "pd+pg", "js"])
def test_labels(measure):
    case = MeasureCase(measure, conditional=True)
    assert_equal(*both(measure, mlp().double(), case, dtype=torch.float64), tolerance=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form):
    assert_equal(*both("gp", mlp().double(), MeasureCase("gp"), form=form, dtype=torch.float64), tolerance=1e-12)


@pytest.mark.parametrize("loss", ["non-saturating", "hinge", "relativistic"])
def test_other_losses_and_the_sigmoid(loss):
    got, expected = both("pd", mlp().double(), MeasureCase("pd"), loss=loss, of="sigmoid", dtype=torch.float64)
    assert_equal(got, expected, tolerance=1e-12)


class Sum(nn.Module):
    """Three critics in one graph, as compiling takes seconds; each has its own parameters."""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleDict({name: mlp(activation) for name, activation in ACTIVATIONS.items()})

    def forward(self, x, labels=None):
        return sum(part(x, labels) for part in self.parts.values())


def test_the_real_compiler_on_tanh_relu_and_softplus():
    assert_equal(*both("js", Sum(), MeasureCase("js"), backend="inductor"))


def test_the_real_compiler_on_images():
    assert_equal(*both("mid", conv(), MeasureCase("mid", shape=(1, 8, 8)), backend="inductor"))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_in_float32(activation):
    assert_equal(*both("gp", mlp(ACTIVATIONS[activation]), MeasureCase("gp"), form="one-centered"))


def test_a_critic_with_buffers_advances_them_once_a_step():
    case, critics = MeasureCase("mid"), []
    for wrap in (lambda o: CompiledObjective(o, backend="aot_eager"), lambda o: o):
        torch.manual_seed(0)
        critic = Critic(spectral_norm(nn.Linear(2, 8)), nn.Tanh(), nn.Linear(8, 1)).double()
        built = wrap(objective("mid", allow_batch_coupling=True))  # the look for coupling is a step of its own
        for step in range(2):
            real, fake, material = case.batch(step)
            built(critic, real, fake, **material).total.backward()
        critics.append(critic)
    for (name, buffer), other in zip(critics[0].named_buffers(), critics[1].buffers(), strict=True):
        torch.testing.assert_close(buffer, other, msg=name)


def counting(graphs):
    """A backend that keeps the graphs that it is given."""

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    return backend


def test_one_graph_with_and_one_without_a_penalty_whatever_rho():
    graphs, case, critic = [], MeasureCase("js"), mlp().double()
    built = CompiledObjective(objective("js", every=2), backend=counting(graphs))
    for step in range(6):
        built.penalty.rho = float(step + 1)
        built.penalty.gradient_scale = 2.0**step
        critic.zero_grad()
        real, fake, material = case.batch(step)
        terms = built(critic, real, fake, **material)
        expected = built.objective.evaluate(built.penalty.batch(critic, real, fake), None)
        torch.testing.assert_close(terms.loss, expected.loss.detach())
        assert (terms.terms is None) == bool(step % 2)
        if terms.terms is not None:
            torch.testing.assert_close(terms.penalty, terms.terms.values.mean() * (step + 1))
        terms.total.backward()
    assert len(graphs) == 2


def test_the_scale_of_the_gradient_changes_nothing_but_roundoff():
    case, critic = MeasureCase("mid"), mlp().double()
    built = CompiledObjective(objective("mid"), backend="aot_eager")
    results = []
    for scale in (None, torch.tensor(1024.0)):
        built.penalty.gradient_scale = scale
        real, fake, material = case.batch()
        results.append(differentiated(partial(built, critic, real, fake, **material), critic))
    assert_equal(*results, tolerance=1e-12)


def test_scoring_without_gradient_tracking():
    case, critic = MeasureCase("pd"), mlp().double()
    built = CompiledObjective(objective("pd"), backend="aot_eager")
    real, fake, material = case.batch()
    with torch.no_grad():
        terms = built(critic, real, fake, **material)
    assert not terms.total.requires_grad
    torch.testing.assert_close(terms.total, built.objective(critic, real, fake).total.detach())


def test_autocast_inside_and_the_reduction_in_float32():
    case = MeasureCase("mid")
    with torch.autocast("cpu", torch.bfloat16):
        got, expected = both("mid", mlp(), case)
    for evaluated in (got, expected):
        terms = evaluated.terms
        assert terms.total.dtype == terms.loss.dtype == terms.terms.values.dtype == torch.float32
        assert torch.equal(terms.d_real, terms.d_real.bfloat16().float())  # computed in bfloat16
    assert largest_difference(got, expected).distance < TOLERANCES[torch.bfloat16]


class Changed(nn.Module):
    """A critic that computes something else when it is compiled."""

    def __init__(self, error):
        super().__init__()
        self.net, self.error = mlp().double(), error

    def forward(self, x):
        outputs = self.net(x)
        if not torch.compiler.is_compiling():
            return outputs
        return outputs + self.error * (outputs - outputs.detach())  # same value, another gradient


def test_a_mismatch_names_the_tensor_and_both_values():
    real, fake, material = MeasureCase("mid").batch()
    built = CompiledObjective(objective("mid"), backend="aot_eager")
    with pytest.raises(
        GpregError, match=r"the gradient of 'net\.layers.* is .* against .* \(at most 1.0e-05\)"
    ) as caught:
        built(Changed(0.01), real, fake, **material)
    assert "without --compile" in caught.value.remedy
    assert caught.value.exit_code == 1


def test_nan_that_only_the_compiled_one_has_is_a_mismatch():
    real, fake, material = MeasureCase("mid").batch()
    with pytest.raises(GpregError, match="inf apart"):
        CompiledObjective(objective("mid"), backend="aot_eager")(Changed(math.nan), real, fake, **material)


def test_a_mismatch_within_tolerance_passes():
    real, fake, material = MeasureCase("mid").batch()
    CompiledObjective(objective("mid"), backend="aot_eager")(Changed(1e-7), real, fake, **material)


class Kinked(nn.Module):
    """A critic with a kink at the first midpoint, which roundoff leaves on this side and a compiler on that."""

    def __init__(self, midpoint, shift):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.register_buffer("kink", midpoint + 1e-7)
        self.shift = shift

    def forward(self, x):
        x = x[:, 0] - self.kink
        return self.weight * (x + self.shift if torch.compiler.is_compiling() else x).relu()


@pytest.mark.parametrize(("shift", "agrees"), [(3e-7, True), (0.3, False)])
def test_a_jump_at_a_kink_that_roundoff_explains_is_no_mismatch(shift, agrees):
    real, fake = torch.randn(2, 256, 2, generator=torch.Generator().manual_seed(0))
    critic = Kinked((real[0, 0] + fake[0, 0]) / 2, shift)
    built = CompiledObjective(objective("mid"), backend="aot_eager")
    with nullcontext() if agrees else pytest.raises(GpregError, match="the compiled objective differs"):
        built(critic, real, fake)


def test_a_batch_that_overflows_is_not_compared():
    critic = mlp().double()
    real, fake, material = MeasureCase("mid").batch()
    built = CompiledObjective(objective("mid"), backend="aot_eager")
    critic.layers[-1].weight.data[0, 0] = math.inf
    assert not built(critic, real, fake, **material).total.isfinite()


class Breaking(nn.Module):
    """A critic that cannot be one graph."""

    def __init__(self):
        super().__init__()
        self.net = mlp().double()

    def forward(self, x):
        torch._dynamo.graph_break()
        return self.net(x)


def test_a_graph_break_is_an_error_with_its_reason():
    real, fake, material = MeasureCase("mid").batch()
    with pytest.raises(GpregError, match="User-inserted graph break") as caught:
        CompiledObjective(objective("mid"), backend="aot_eager")(Breaking(), real, fake, **material)
    assert caught.value.remedy == "run without --compile"


def test_a_missing_compiler_is_an_error_that_says_so(monkeypatch):
    real, fake, material = MeasureCase("mid").batch()
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("no-such-compiler",))
    with pytest.raises(GpregError, match="compiler") as caught:
        CompiledObjective(objective("mid"))(mlp(width=5).double(), real, fake, **material)
    assert "install a C++ compiler" in caught.value.remedy


def test_coupling_is_refused_in_each_mode():
    critic = Critic(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    real, fake, material = MeasureCase("pd").batch()
    built = CompiledObjective(objective("pd"), backend="aot_eager")
    built(critic.eval(), real, fake, **material)
    with pytest.raises(BatchCouplingError):
        built(critic.train(), real, fake, **material)


def test_finite_differences_are_refused():
    with pytest.raises(UsageError, match="cannot be compiled") as caught:
        CompiledObjective(objective("mid", estimator="finite-difference"))
    assert "exact" in caught.value.remedy


@pytest.mark.parametrize("every", [1, 2])
def test_other_terms_of_the_critic_see_outputs_that_they_can_differentiate(every):
    results = []
    for wrap in (lambda o: CompiledObjective(o, backend="aot_eager"), lambda o: o):
        real, fake, material = MeasureCase("js").batch()
        built = CriticObjective(load_registry().build("loss", "hinge"), gpreg.penalty("js", seed=0), {"lecam": LeCam()})
        built.others["lecam"].every, critic = every, mlp().double()
        whole = wrap(built)
        steps = [partial(whole, critic, real, fake, step=step, **material) for step in (0, 1)]
        results += [differentiated(step, critic) for step in steps]
    for got, expected in zip(results[:2], results[2:], strict=True):
        torch.testing.assert_close(got.terms.others, expected.terms.others)
        assert largest_difference(got, expected).distance < FLOAT32
    assert (results[-1].terms.others["lecam"] > 0) == (every == 1)

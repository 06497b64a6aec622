"""Critics as people build them, by every estimator: equal to a twin without the feature, or refused with a remedy."""

import copy

import pytest
import torch
from fixtures.machines import (
    COMPILED,
    ESTIMATORS,
    FUSED,
    MACHINES,
    REENTRANT,
    UNREACHED,
    WIDTH,
    Attention,
    Checkpointed,
    OnFeatures,
    alike,
    compiled,
    perceptron,
)
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import gpreg
from gpreg.errors import BatchCouplingError, UsageError
from gpreg.penalties import FiniteDifference, Noise

REAL, FAKE = torch.randn(2, 6, WIDTH, generator=torch.Generator().manual_seed(0))
WAYS = ("alone", "in the objective", "at both batches")

pytestmark = pytest.mark.filterwarnings("ignore:.*_inductor.*:UserWarning")


def step(critic, estimator, way, *, real=REAL, fake=FAKE):
    """Value and parameter gradients of the penalty, with the loss's or without."""
    torch.manual_seed(1)
    device = next(critic.parameters()).device
    real, fake = real.to(device), fake.to(device)
    penalty = gpreg.penalty("pd+pg" if way == "at both batches" else "pd", rho=2.0, estimator=estimator, seed=0)
    if way == "alone":
        total = value = penalty(critic, real, fake)
    else:
        terms = gpreg.CriticObjective(gpreg.loss("non-saturating"), penalty)(critic, real, fake)
        total, value = terms.total, terms.penalty
    critic.zero_grad()
    total.backward()
    return value.item(), [p.grad.clone() for p in critic.parameters() if p.requires_grad and p.grad is not None]


def assert_alike(critic, twin, estimator, way):
    (value, gradients), (expected, others) = step(critic, estimator, way), step(twin, estimator, way)
    assert value == pytest.approx(expected, rel=1e-3)
    assert len(gradients) == len(others)
    for gradient, other in zip(gradients, others, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-2, atol=1e-4)


CUDA = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]
CASES = [
    pytest.param(machine, estimator, marks=CUDA if machine.cuda else [], id=f"{name}, {estimator}")
    for name, machine in MACHINES.items()
    for estimator in ESTIMATORS
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("machine", "estimator"), CASES)
def test_it_equals_its_twin_or_is_refused(machine, estimator, way):
    torch.manual_seed(0)
    critic, twin = machine.build()
    if estimator not in machine.refused:
        assert_alike(critic, twin, ESTIMATORS[estimator], way)
        return
    before = copy.deepcopy(critic.state_dict())
    with pytest.raises((UsageError, BatchCouplingError), match=machine.refused[estimator]) as caught:
        step(critic, ESTIMATORS[estimator], way)
    assert caught.value.remedy
    assert all(p.grad is None for p in critic.parameters()), "looking leaves no gradient"
    assert all(torch.equal(value, before[name]) for name, value in critic.state_dict().items())


@pytest.mark.parametrize("estimator", ["finite-difference", "noise"])
@pytest.mark.parametrize(
    ("build", "reason"),
    [(Attention, FUSED), (lambda: compiled()[0], COMPILED)],
)
def test_the_refusal_of_double_backward_names_what_works(build, reason, estimator):
    with pytest.raises(UsageError, match=reason) as caught:
        gpreg.penalty("pd")(build(), REAL)
    assert f"estimator={estimator!r}" in caught.value.remedy
    gpreg.penalty("pd", estimator=estimator)(build(), REAL).backward()


def test_attention_step_by_step_is_the_exact_gradient():
    critic, twin = alike(Attention, None, SDPBackend.MATH)
    penalty = gpreg.penalty("pd")
    with pytest.raises(UsageError, match=FUSED) as caught:
        penalty(critic, REAL)
    assert "with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):" in caught.value.remedy
    with sdpa_kernel(SDPBackend.MATH):
        value = penalty(critic, REAL)
    value.backward()
    expected = gpreg.penalty("pd")(twin, REAL)
    expected.backward()
    torch.testing.assert_close(value, expected)
    for parameter, other in zip(critic.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, other.grad)


def test_the_module_that_was_compiled_takes_the_exact_gradient():
    critic, twin = compiled()
    with pytest.raises(UsageError, match=COMPILED) as caught:
        gpreg.penalty("pd")(critic, REAL)
    assert "critic._orig_mod" in caught.value.remedy
    assert gpreg.penalty("pd")(critic._orig_mod, REAL) == gpreg.penalty("pd")(twin, REAL)


def test_a_reentrant_checkpoint_is_told_that_no_gradient_is_possible():
    for estimator in ("exact", "finite-difference"):
        with pytest.raises(UsageError, match=REENTRANT) as caught:
            gpreg.penalty("pd", estimator=estimator)(Checkpointed(True), REAL)
        assert "use_reentrant=False" in caught.value.remedy
        assert "estimator='finite-difference'" not in caught.value.remedy, "that fails too"


def test_a_reentrant_checkpoint_gets_all_gradients_in_a_lazy_penaltys_pauses():
    critic, twin = alike(Checkpointed, True, None)
    objectives = [
        gpreg.CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("pd", estimator="noise", every=2, seed=0))
        for _ in range(2)
    ]
    for _ in range(2):
        for objective, network in zip(objectives, (critic, twin), strict=True):
            network.zero_grad()
            objective(network, REAL, FAKE).total.backward()
        for parameter, other in zip(critic.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(parameter.grad, other.grad)


def test_a_frozen_part_may_be_left_out_of_the_gradient():
    critic = OnFeatures(tracked=False)
    with pytest.raises(UsageError, match=UNREACHED) as caught:
        gpreg.penalty("pd")(critic, REAL)
    assert "features as samples" in caught.value.remedy
    features = critic.backbone(REAL).detach()
    value = gpreg.penalty("pd", rho=2.0)(critic.head, features)
    points = features.requires_grad_()
    (grad,) = torch.autograd.grad(critic.head(points).sum(), points)
    torch.testing.assert_close(value.detach(), grad.square().sum(1).mean())


@pytest.mark.parametrize("estimator", [FiniteDifference(step=1e-5), Noise(sigma=1e-5, directions=4000)], ids=repr)
def test_dropout_draws_one_mask_for_both_sides_of_a_difference(estimator):
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))

        def forward(self, x):
            return nn.functional.dropout(x, 0.5) @ self.weight

    critic, x = Masked(), torch.ones(40, 3, dtype=torch.float64)
    torch.manual_seed(3)
    exact = gpreg.penalty("pd", rho=2.0)(critic, x)
    after = torch.get_rng_state()
    torch.manual_seed(3)
    value = gpreg.penalty("pd", rho=2.0, estimator=estimator, seed=0)(critic, x)
    assert value.item() == pytest.approx(exact.item(), rel=0.02)
    assert torch.equal(torch.get_rng_state(), after), "and the next step draws as after one forward pass"


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=repr)
def test_a_power_iteration_goes_on_by_one_step(estimator):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(WIDTH, 8)), nn.Linear(8, 1))
    twin = copy.deepcopy(critic)
    gpreg.penalty("pd", estimator=estimator)(critic, REAL).backward()
    twin(REAL)
    for (name, buffer), other in zip(critic.named_buffers(), twin.buffers(), strict=True):
        torch.testing.assert_close(buffer, other, msg=name)


def test_what_is_compiled_in_part_is_seen_too():
    critic = nn.Sequential(torch.compile(nn.Linear(WIDTH, 8), backend="aot_eager"), nn.Tanh(), nn.Linear(8, 1))
    with pytest.raises(UsageError, match=COMPILED):
        gpreg.penalty("pd")(critic, REAL)
    assert_alike(critic, copy.deepcopy(critic), ESTIMATORS["`finite-difference`"], "in the objective")


def test_a_compiled_critic_is_not_compiled_for_two_samples():
    sizes = []

    def backend(graph, inputs):
        sizes.append([tuple(x.shape) for x in inputs if isinstance(x, torch.Tensor)])
        return graph

    critic = torch.compile(perceptron(), backend=backend)
    gpreg.penalty("pd", estimator="noise")(critic, REAL)
    assert sizes
    assert all((2, WIDTH) not in shapes for shapes in sizes)


class TestTheGuardWithoutAGradient:
    """Where no gradient by the input is possible, samples are moved."""

    class Mixing(nn.Module):
        def __init__(self, critic):
            super().__init__()
            self.critic = critic

        def forward(self, x):
            outputs = self.critic(x)
            return outputs - outputs.detach().mean() / 2

    @pytest.mark.parametrize("build", [lambda: Checkpointed(True), lambda: OnFeatures(False)])
    def test_a_critic_that_mixes_is_refused(self, build):
        with pytest.raises(BatchCouplingError, match="depends on the others"):
            gpreg.penalty("pd", estimator="noise")(self.Mixing(build()), REAL)

    def test_a_critic_that_does_not_repeat_itself_is_not_blamed(self):
        rng, body = torch.Generator().manual_seed(0), OnFeatures(False)

        def critic(x):
            return body(x).flatten() + torch.randn(len(x), generator=rng)

        gpreg.penalty("pd", estimator="noise")(critic, REAL).backward()

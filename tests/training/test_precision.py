from contextlib import suppress

import pytest
import torch
from torch import nn

import gpreg
from gpreg import CriticObjective, load_registry
from gpreg.errors import UsageError
from gpreg.training import precision as module
from gpreg.training.precision import Precision

CPU = torch.device("cpu")


@pytest.fixture
def half(monkeypatch):
    """float16 on the CPU, which is refused in earnest, to see the loss scale at work without a CUDA device."""
    monkeypatch.setattr(module, "check_device", lambda name, device: None)
    return Precision("fp16", CPU)


class Faint(nn.Module):
    """A critic with gradients far below what float16 can hold: 2^-25 is zero there."""

    def __init__(self, factor=2.0**-13):
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(torch.full((2, 4), 0.5))

    def forward(self, x):
        hidden = x @ self.weight  # float16 under autocast, and so are the gradients that come back to it
        return (hidden * self.factor).sum(1) * self.factor


def objective():
    return CriticObjective(load_registry().build("loss", "wasserstein"), gpreg.penalty("pd", rho=2.0, seed=0))


def batches(n=8):
    rng = torch.Generator().manual_seed(0)
    return torch.randn(2, n, 2, generator=rng).unbind()


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_without_a_scale_it_is_plain_training(name):
    torch.manual_seed(0)
    critic, (real, fake) = nn.Linear(2, 1), batches()
    precision, optimizer = Precision(name, "cpu"), torch.optim.SGD(critic.parameters(), 0.1)
    assert precision.gradient_scale("critic") is None
    with precision.autocast():
        assert torch.is_autocast_enabled("cpu") == (name == "bf16")
        terms = objective()(critic, real, fake)
    assert {terms.total.dtype, terms.loss.dtype, terms.d_real.dtype} == {torch.float32}
    before = critic.weight.detach().clone()
    precision.backward(terms.total, "critic", list(critic.parameters()))
    gradient = critic.weight.grad.clone()
    precision.unscale(optimizer, "critic")
    precision.step(optimizer, "critic")
    torch.testing.assert_close(critic.weight.detach(), before - 0.1 * gradient)
    assert precision.state_dict() == {}


def test_only_named_inputs_get_a_gradient():
    used, unused = torch.ones((), requires_grad=True), torch.ones((), requires_grad=True)
    Precision("fp32", "cpu").backward(used * unused, "generator", [used])
    assert used.grad == 1
    assert unused.grad is None


@pytest.mark.parametrize(
    ("name", "remedy"), [("fp16", "--precision bf16"), ("tf32", "--precision fp32"), ("bf61", "did you mean 'bf16'")]
)
def test_what_cannot_be_is_refused_with_what_can(name, remedy):
    with pytest.raises(UsageError, match=remedy):
        Precision(name, "cpu")


def test_small_gradients_at_the_points_survive_float16_by_the_scale(half):
    critic, (real, fake) = Faint(), batches()
    exact = objective()(critic, real, fake)
    gradients = {}
    for scaled in (False, True):
        built = objective()
        if scaled:
            built.penalty.gradient_scale = half.gradient_scale("critic")
        with half.autocast():
            gradients[scaled] = built(critic, real, fake).terms.gradients
    assert (exact.terms.gradients != 0).all()
    assert (gradients[False] == 0).all()
    assert gradients[True].dtype == torch.float32
    torch.testing.assert_close(gradients[True], exact.terms.gradients, rtol=2e-3, atol=0)


def test_scaled_training_takes_the_step_of_float32(half):
    steps = {}
    for name, precision in (("fp32", Precision("fp32", "cpu")), ("fp16", half)):
        critic, (real, fake) = Faint(2.0**-8), batches()
        optimizer, built = torch.optim.SGD(critic.parameters(), 1.0), objective()
        built.penalty.rho = 2.0**24  # so that the penalty decides the step
        built.penalty.gradient_scale = precision.gradient_scale("critic")
        with precision.autocast():
            terms = built(critic, real, fake)
        precision.backward(terms.total, "critic")
        precision.unscale(optimizer, "critic")
        steps[name] = critic.weight.grad.clone()
        before = critic.weight.detach().clone()
        precision.step(optimizer, "critic")
        torch.testing.assert_close(critic.weight.detach(), before - steps[name])
    torch.testing.assert_close(steps["fp16"], steps["fp32"], rtol=5e-3, atol=0)


def test_a_step_that_overflows_is_skipped_and_the_scale_halved(half):
    weight = nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([weight], 1.0)
    before = half.gradient_scale("critic").item()
    half.backward(weight * torch.inf, "critic")
    half.step(optimizer, "critic")
    assert weight.item() == 1.0
    assert half.gradient_scale("critic").item() == before / 2
    assert half.gradient_scale("generator").item() == before  # a player's scale is its own


def test_the_scales_are_saved_and_restored(half):
    weight = nn.Parameter(torch.ones(()))
    for _ in range(2):
        half.backward(weight * torch.inf, "generator")
        half.step(torch.optim.SGD([weight], 1.0), "generator")
    half.gradient_scale("critic")
    restored = Precision("fp16", CPU)
    restored.load_state_dict(half.state_dict())
    assert restored.state_dict() == half.state_dict()
    for player in ("critic", "generator"):
        assert restored.gradient_scale(player) == half.gradient_scale(player)


def test_scales_are_of_no_use_to_another_precision(half):
    half.gradient_scale("critic")
    full = Precision("fp32", "cpu")
    full.load_state_dict(half.state_dict())
    assert full.state_dict() == {}


def flags():
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


def test_flags_of_cuda_are_left_alone_on_the_cpu():
    before = flags()
    with Precision("fp32", "cpu"):
        assert flags() == before


@pytest.mark.parametrize("name", ["fp32", "tf32", "bf16"])
def test_flags_of_cuda_are_set_and_restored_whatever_happens(name):
    precision, before = Precision("fp32", "cpu"), flags()
    precision.name, precision.device = name, torch.device("cuda")  # flags need no device
    with suppress(KeyboardInterrupt), precision:
        assert flags() == (("high", True) if name == "tf32" else ("highest", False))
        raise KeyboardInterrupt
    assert flags() == before


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", ["fp32", "tf32", "bf16", "fp16"])
def test_every_precision_trains_on_cuda(name):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1)).cuda()
    optimizer, built = torch.optim.Adam(critic.parameters(), 1e-2, fused=True), objective()
    real, fake = (batch.cuda() for batch in batches(64))
    losses = []
    with Precision(name, "cuda") as precision:
        for _ in range(20):
            optimizer.zero_grad()
            built.penalty.gradient_scale = precision.gradient_scale("critic")
            with precision.autocast():
                terms = built(critic, real, fake)
            precision.backward(terms.total, "critic")
            precision.step(optimizer, "critic")
            losses.append(terms.total.detach())
    losses = torch.stack(losses)
    assert losses.dtype == torch.float32
    assert losses.isfinite().all()
    assert losses[-1] < losses[0]

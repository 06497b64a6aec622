import copy
import math

import pytest
import torch
from torch import nn

import gpreg
from gpreg import load_registry
from gpreg.errors import MeasureError, UsageError
from gpreg.interfaces import GradientForm, PenaltyMeasure, PenaltySample
from gpreg.penalties import Penalty
from gpreg.testing import LinearCritic, MeasureCase, QuadraticCritic

MEASURES = [spec.name for spec in load_registry().list("measure")]
FORMS = [spec.name for spec in load_registry().list("form")]

REAL, FAKE = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Squared(GradientForm):
    def __call__(self, grad):
        return grad.square().flatten(1).sum(1)


class Returns(PenaltyMeasure):
    """Returns whatever it is given."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def sample(self, batch):
        return self.make(batch)


def smooth_critic(inputs=3, width=8, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, 1)).double()


@pytest.mark.parametrize("rho", [0.0, 0.5, 20.0])
def test_linear_critic_by_hand(rho):
    critic = LinearCritic((3,))
    value = gpreg.penalty("mid", rho=rho)(critic, REAL, FAKE)
    assert value.item() == pytest.approx(rho / 2 * critic.weight.square().sum().item(), rel=1e-12, abs=0)
    assert value.shape == ()


def test_three_lines_in_anybodys_loop():
    critic = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))  # returns (B, 1)
    penalty = gpreg.penalty("mid", rho=20.0)
    loss = critic(FAKE.float()).mean() - critic(REAL.float()).mean() + penalty(critic, REAL.float(), FAKE.float())
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in critic[0].parameters())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("measure", MEASURES)
def test_parameter_gradients_agree_with_finite_differences(measure, form):
    case = MeasureCase(measure)
    critic = smooth_critic(inputs=2)
    names, values = zip(*critic.named_parameters(), strict=True)
    # gradients of the order of 1, so that no form is flat
    values = [(3 * value).detach().requires_grad_() for value in values]

    def value(*parameters):
        real, fake, material = case.batch()

        def with_parameters(x, labels=None):
            return torch.func.functional_call(critic, dict(zip(names, parameters, strict=True)), (x,))

        return case.penalty(form)(with_parameters, real.detach(), fake.detach(), **material)

    if not value(*values).requires_grad:
        assert measure == "wgan"
        return
    assert torch.autograd.gradcheck(value, values)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sum_of_squares_is_reduced_in_float32_or_better(dtype):
    value = gpreg.penalty("pd")(LinearCritic((3,)).to(dtype), REAL.to(dtype))
    assert value.dtype == dtype


def test_sigmoid_divides_by_sixteen_at_zero():
    critic = LinearCritic((3,))
    zero = torch.zeros(4, 3, dtype=torch.float64)
    logit = gpreg.penalty("pd")(critic, zero)
    torch.testing.assert_close(gpreg.penalty("pd", of="sigmoid")(critic, zero), logit / 16)


def test_sigmoid_closed_form():
    critic = LinearCritic((3,))
    slope = critic(REAL).sigmoid() * (1 - critic(REAL).sigmoid())
    expected = 5 * (slope.square() * critic.weight.square().sum()).mean()
    torch.testing.assert_close(gpreg.penalty("pd", rho=10, of="sigmoid")(critic, REAL), expected)


def test_lazy_penalty_has_the_same_mean_over_a_period():
    critic = LinearCritic((3,))
    lazy, full = gpreg.penalty("pd", every=4), gpreg.penalty("pd")
    values = [lazy(critic, REAL) for _ in range(8)]
    assert [value.requires_grad for value in values] == [True, False, False, False] * 2
    torch.testing.assert_close(torch.stack(values).mean(), full(critic, REAL))


def test_state_continues_the_lazy_count_and_the_random_numbers():
    critic = smooth_critic()
    running = gpreg.penalty("gp", every=3, seed=1)
    for _ in range(4):
        running(critic, REAL, FAKE)
    other = gpreg.penalty("gp", every=3, seed=2)
    other.load_state_dict(copy.deepcopy(running.state_dict()))
    for _ in range(6):
        assert torch.equal(running(critic, REAL, FAKE), other(critic, REAL, FAKE))


def test_state_survives_a_file_without_executing_anything(tmp_path):
    critic = smooth_critic()
    saved = gpreg.penalty("gp", seed=1)
    saved(critic, REAL, FAKE)
    torch.save(saved.state_dict(), tmp_path / "penalty.pt")
    other = gpreg.penalty("gp", seed=2)
    other.load_state_dict(torch.load(tmp_path / "penalty.pt", weights_only=True))
    assert torch.equal(saved(critic, REAL, FAKE), other(critic, REAL, FAKE))


def test_own_random_numbers_follow_torchs_seed_but_do_not_move_it():
    critic = smooth_critic()
    values = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        values.append(gpreg.penalty("gp")(critic, REAL, FAKE).item())
        assert torch.equal(torch.get_rng_state(), before)
    assert values[0] == values[1] != values[2]


def test_without_gradient_tracking_it_can_still_be_evaluated():
    critic = smooth_critic()
    tracked = gpreg.penalty("mid")(critic, REAL, FAKE)
    with torch.no_grad():
        value = gpreg.penalty("mid")(critic, REAL, FAKE)
    assert not value.requires_grad
    torch.testing.assert_close(value, tracked.detach())


def test_terms_point_by_point():
    critic = QuadraticCritic((3,))
    penalty = gpreg.penalty("mid", rho=8.0)
    terms = penalty.terms(penalty.batch(critic, REAL, FAKE))
    norms = critic.gradient((REAL + FAKE) / 2).norm(dim=1)
    torch.testing.assert_close(terms.gradient_norms, norms)
    torch.testing.assert_close(terms.values, norms**2)
    assert not terms.gradient_norms.requires_grad
    torch.testing.assert_close(gpreg.penalty("mid", rho=8.0)(critic, REAL, FAKE), 4 * (norms**2).mean())


def test_missing_material_is_named():
    with pytest.raises(UsageError, match="needs fake, generator, latent") as caught:
        gpreg.penalty("latent-path")(smooth_critic(), REAL)
    assert "fake=..., generator=..., latent=..." in caught.value.remedy


@pytest.mark.parametrize(
    ("real", "fake", "says"),
    [
        (REAL, FAKE[:4], "6 real samples cannot be paired with 4 fake ones"),
        (REAL, FAKE[:, :2], r"shape \(3,\) and fake ones \(2,\)"),
        (REAL.numpy(), FAKE, "real is of type ndarray; it must be a tensor"),
        ((255 * REAL.abs()).byte(), FAKE, r"real samples are torch.uint8; they must be floats.*\nscale them"),
    ],
)
def test_batches_that_do_not_fit_are_explained(real, fake, says):
    with pytest.raises(UsageError, match=says):
        gpreg.penalty("mid")(smooth_critic(), real, fake)


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (lambda b: b.real, "a Tensor, not a PenaltySample"),
        (lambda b: PenaltySample(points=b.real[:, :2]), r"points of shape \(6, 2\); expected \(N >= 1, 3\)"),
        (lambda b: PenaltySample(points=b.real[:0]), r"points of shape \(0, 3\)"),
        (lambda b: PenaltySample(points=b.real, weights=b.real), r"shape \(6, 3\); expected \(6,\)"),
        (lambda b: PenaltySample(points=b.real, weights=lambda d: d[:2]), r"shape \(2,\); expected \(6,\)"),
        (lambda b: PenaltySample(points=b.real, weights=-torch.ones(6)), "negative weights"),
        (lambda b: PenaltySample(points=b.real / 0), "points with NaN or infinity"),
        (lambda b: PenaltySample(points=b.real, weights=torch.full((6,), math.nan)), "weights with NaN"),
        (lambda b: PenaltySample(points=b.real, labels=torch.zeros(2, dtype=torch.long)), r"labels .* shape \(2,\)"),
    ],
)
def test_a_measure_that_breaks_the_contract_is_named(returned, says):
    penalty = Penalty(Returns(returned), Squared(), origin="'mine' of some-package 1.2")
    with pytest.raises(MeasureError, match=says) as caught:
        penalty(smooth_critic(), REAL)
    assert "'mine' of some-package 1.2" in str(caught.value)


def test_nan_is_found_in_later_steps_too_unless_told_otherwise():
    def make():
        calls = iter([REAL, REAL / 0])
        return Returns(lambda b: PenaltySample(points=next(calls)))

    always, first = Penalty(make(), Squared()), Penalty(make(), Squared(), check_values="first")
    always(smooth_critic(), REAL)
    first(smooth_critic(), REAL)
    with pytest.raises(MeasureError, match="NaN or infinity"):
        always(smooth_critic(), REAL)
    assert first(smooth_critic(), REAL).isnan()


def test_the_first_sample_is_looked_at_also_when_the_measure_was_prepared_before():
    penalty = Penalty(Returns(lambda b: PenaltySample(points=REAL / 0)), Squared(), check_values="first")
    penalty.prepare(penalty.batch(smooth_critic(), REAL, None))
    with pytest.raises(MeasureError, match="NaN or infinity"):
        penalty(smooth_critic(), REAL)


def test_a_form_of_the_wrong_shape_is_named():
    class PerPixel(GradientForm):
        def __call__(self, grad):
            return grad.square()

    with pytest.raises(MeasureError, match=r"form PerPixel .* shape \(6, 3\); expected \(6,\)"):
        Penalty(Returns(lambda b: PenaltySample(points=b.real)), PerPixel())(smooth_critic(), REAL)


def test_a_critic_of_the_wrong_shape_is_explained():
    with pytest.raises(UsageError, match=r"returned a tensor \(\d, 5\) .* one number a sample"):
        gpreg.penalty("pd")(nn.Linear(3, 5).double(), REAL)


def test_a_critic_that_detaches_is_explained():
    with pytest.raises(UsageError, match="carries no gradient to its input"):
        gpreg.penalty("pd")(lambda x: x.detach().sum(1), REAL)


@pytest.mark.parametrize(
    "settings", [{"rho": -1.0}, {"rho": math.inf}, {"rho": math.nan}, {"rho": "10"}, {"every": 0}, {"of": "log"}]
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(UsageError, match="must be"):
        gpreg.penalty("mid", **settings)


def test_a_conditional_critic_is_asked_about_each_points_own_label():
    class PerClass(nn.Module):
        def forward(self, x, labels):
            return x[:, 0] * (1.0 + labels)

    labels, fake_labels = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([3, 3, 3, 3, 3, 3])
    value = gpreg.penalty("pd+pg", rho=2.0)(PerClass(), REAL, FAKE, labels=labels, fake_labels=fake_labels)
    assert value.item() == pytest.approx((1 + 4 + 9) / 3 + 16)


def test_repr_prints_every_papers_convention():
    text = repr(gpreg.penalty("mid", rho=20.0, every=2, of="sigmoid"))
    assert "rho=20 (gamma=20, lambda=10)" in text
    assert "every=2, of=sigmoid" in text


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("measure", MEASURES)
def test_on_cuda_it_equals_the_cpu(measure):
    case = MeasureCase(measure)
    critic = QuadraticCritic((2,)).cuda()
    real, fake, material = case.batch()
    moved = {name: value.cuda() if hasattr(value, "cuda") else value for name, value in material.items()}
    moved["rng"] = torch.Generator("cuda").manual_seed(0)
    value = case.penalty()(critic, real.cuda(), fake.cuda(), **moved)
    assert value.device.type == "cuda"
    if measure in ("pd", "pg", "mid", "pd+pg", "js", "mixture"):
        expected = case.penalty()(QuadraticCritic((2,)), real, fake, **material)
        torch.testing.assert_close(value.cpu(), expected)


def test_rho_has_a_base_and_a_factor_of_its_schedule():
    critic, penalty = LinearCritic((3,)), gpreg.penalty("mid", rho=8.0)
    whole = penalty(critic, REAL, FAKE).item()
    penalty.factor = 0.25
    assert (penalty.base_rho, penalty.rho) == (8.0, 2.0)
    assert penalty(critic, REAL, FAKE).item() == pytest.approx(0.25 * whole)
    penalty.rho = 3.0
    assert (penalty.base_rho, penalty.factor, penalty.rho) == (3.0, 1.0, 3.0)

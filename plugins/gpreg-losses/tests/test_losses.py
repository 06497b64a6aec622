import math

import pytest
import torch

from gpreg import load_registry
from gpreg.errors import OptionError, UsageError
from gpreg.testing import loss_checks
from gpreg_losses.concave import FUNCTIONS

LOSSES = [spec.name for spec in load_registry().list("loss")]
VARIANTS = [{"f": f, "generator": g} for f in FUNCTIONS for g in ("saturating", "non-saturating", "linear")]

REAL = torch.tensor([0.3, -2.0, 4.0], dtype=torch.float64)
FAKE = torch.tensor([1.1, 0.0, -3.0], dtype=torch.float64)


@pytest.mark.parametrize("check", [check for name in LOSSES for check in loss_checks(name)], ids=str)
def test_registered_loss(check):
    check()


# exp(80) times a rounding error is not small, but it is finite: large outputs are the exponential loss's own
@pytest.mark.parametrize("options", VARIANTS, ids=lambda o: f"{o['f']}-{o['generator']}")
def test_every_concave_f(options):
    for check in loss_checks("concave-f", options):
        check()


def sigmoid(t):
    return 1 / (1 + math.exp(-t))


CLOSED_FORMS = {
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
    "minimax": (
        lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
        lambda r, f: math.log(1 - sigmoid(f)),
    ),
    "non-saturating": (
        lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
        lambda r, f: -math.log(sigmoid(f)),
    ),
    "hinge": (lambda r, f: max(0, 1 - r) + max(0, 1 + f), lambda r, f: -f),
    "least-squares": (lambda r, f: (r - 1) ** 2 / 2 + (f + 1) ** 2 / 2, lambda r, f: (f - 1) ** 2 / 2),
    "relativistic": (lambda r, f: math.log1p(math.exp(f - r)), lambda r, f: math.log1p(math.exp(r - f))),
    "concave-f": (
        lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
        lambda r, f: math.log(1 - sigmoid(f)),
    ),
}


def test_every_loss_has_a_closed_form_here():
    assert set(CLOSED_FORMS) == {spec.name for spec in load_registry().list("loss") if spec.package == "gpreg-losses"}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_form(name):
    loss = load_registry().build("loss", name)
    critic, generator = CLOSED_FORMS[name]
    pairs = list(zip(REAL.tolist(), FAKE.tolist(), strict=True))
    torch.testing.assert_close(loss.critic_loss(REAL, FAKE), REAL.new_tensor([critic(r, f) for r, f in pairs]))
    torch.testing.assert_close(loss.generator_loss(FAKE, REAL), REAL.new_tensor([generator(r, f) for r, f in pairs]))


@pytest.mark.parametrize(
    ("name", "slope", "curvature"),
    [
        ("wasserstein", 1, 0),
        ("non-saturating", 0.5, -0.25),
        ("minimax", 0.5, -0.25),
        ("hinge", 1, 0),
        ("least-squares", 1, -1),
    ],
)
def test_derivatives_at_zero_are_those_of_the_theory(name, slope, curvature):
    concave = load_registry().build("loss", name).concave
    assert (concave.slope, concave.curvature) == (slope, curvature)


def test_relativistic_needs_the_reals():
    loss = load_registry().build("loss", "relativistic")
    assert loss.needs_real
    assert loss.concave is None
    with pytest.raises(UsageError, match="pass d_real"):
        loss.generator_loss(FAKE)


def test_unknown_f_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match="did you mean 'logistic'"):
        load_registry().build("loss", "concave-f", {"f": "logistics"})

"""A penalty in somebody's convention has the value of their formula, and shows itself in everybody's."""

import pytest
import torch

import gpreg
from gpreg.errors import UsageError
from gpreg.interfaces import GradientForm
from gpreg.registry.coefficient import convention

REAL, FAKE = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
NORM = 3.0
"""The norm of the gradient, everywhere."""

SQUARE, CENTRED = NORM**2, (NORM - 1) ** 2

FORMULAS = {
    "R1": lambda gamma: gamma / 2 * SQUARE,
    "R2": lambda gamma: gamma / 2 * SQUARE,
    "R3GAN": lambda gamma: gamma / 2 * (SQUARE + SQUARE),
    "StyleGAN3": lambda gamma: 16 * gamma / 2 * SQUARE / 16,
    "BasicSR": lambda weight: weight / 2 * SQUARE,
    "GAN_stability": lambda weight: weight * SQUARE,
    "skrl": lambda scale: scale * SQUARE,
    "IsaacGymEnvs": lambda weight: weight * SQUARE,
    "MimicKit": lambda weight: weight * 0.5 * (SQUARE + SQUARE),
    "amp-rsl-rl BCE": lambda weight: 0.5 * weight * SQUARE,
    "amp-rsl-rl Wasserstein": lambda weight: weight * CENTRED,
    "stylegan2-pytorch": lambda weight: weight * (SQUARE + SQUARE) / 4,
    "0-GP": lambda weight: weight * SQUARE,
    "WGAN-GP": lambda weight: weight * CENTRED,
    "CTGAN": lambda weight: weight * CENTRED,
    "DRAGAN": lambda weight: weight * CENTRED,
    "WGAN-LP": lambda weight: weight * CENTRED,
    "PyTorch-GAN WGAN-div": lambda k: (NORM**6 + NORM**6) * k / 2,
    "aR1": lambda weight: weight * 0.1**2 * SQUARE,
    "Self-Forcing": lambda weight: 0.5 * weight * SQUARE,
}
"""What each code computes for a linear critic, on average over its steps."""


def critic(points):
    return points @ torch.tensor([NORM, 0, 0, 0], dtype=points.dtype)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_that_of_their_formula(name):
    known = convention(name)
    penalty = gpreg.penalty(known.measure, form=known.form, every=known.every, rho=f"{name}=7", seed=0)
    values = [penalty(critic, REAL, FAKE).item() for _ in range(known.every)]
    assert sum(values) / len(values) == pytest.approx(FORMULAS[name](7), rel=1e-6)


def test_text_is_taken_wherever_rho_is():
    penalty = gpreg.penalty("pd", rho="lambda=10")
    assert penalty.rho == 20
    penalty.factor = 0.5
    penalty.rho = "aR1=100,0.1"
    assert (penalty.rho, penalty.base_rho, penalty.factor) == (2, 2, 1)
    assert gpreg.Penalty(penalty.measure, penalty.form, rho="R3GAN=150").rho == 150
    mine = gpreg.experiment("plane", rho="lambda=10")
    assert mine.recipe.penalty.rho == 20
    assert "rho = 20.0" in mine.toml
    assert mine.with_(rho="auto").recipe.penalty.rho == "auto"


@pytest.mark.parametrize(
    ("rho", "words"),
    [
        ("lamda=10", "did you mean 'lambda'?"),
        ("lambda=-1", "lambda is -1.0"),
        ("aR1=100,0", "sigma of aR1 is 0.0"),
        ("auto", "rho is 'auto'; it must be a number, or somebody's"),
    ],
)
def test_text_that_means_nothing_is_refused(rho, words):
    with pytest.raises(UsageError, match=r"`gpreg rho`|write|give") as caught:
        gpreg.penalty("pd", rho=rho)
    assert words in str(caught.value)
    penalty = gpreg.penalty("pd", rho=3.0)
    with pytest.raises(UsageError):
        penalty.rho = rho
    assert penalty.rho == 3.0


class TestInANotebook:
    def names(self, *arguments, **settings):
        shown = gpreg.penalty(*arguments, rho=20.0, **settings)._repr_html_()
        return {
            name for name in ("R1", "R3GAN", "skrl", "WGAN-GP", "CTGAN", "0-GP code", "aR1") if name in shown
        }, shown

    @pytest.mark.parametrize(
        ("measure", "form", "of", "expected"),
        [
            ("pd", None, "logit", {"R1", "skrl", "aR1"}),
            ("pd+pg", None, "logit", {"R3GAN"}),
            ("wgan-gp", None, "logit", {"WGAN-GP", "CTGAN"}),
            ("gp", "one-centered", "logit", {"WGAN-GP", "CTGAN"}),
            ("gp", None, "sigmoid", {"0-GP code"}),
            ("pd", None, "sigmoid", set()),
            ("mid", None, "logit", set()),
        ],
    )
    def test_those_whose_penalty_it_is(self, measure, form, of, expected):
        found, shown = self.names(measure, form=form, of=of)
        assert found == expected
        assert all(text in shown for text in ("rho = 20", "gamma = 20", "lambda = 10"))
        assert ("16 times weaker" in shown) == (of == "sigmoid")

    def test_those_who_write_the_same_stand_together(self):
        _, shown = self.names("pd")
        assert "gamma, R1, StyleGAN2, StyleGAN2-ADA, StyleGAN3" in shown
        assert "weight = 1000, sigma = 0.1" in shown

    def test_nobody_has_a_form_of_ones_own_or_with_options_of_ones_own(self):
        class Own(GradientForm):
            def __call__(self, grad):
                return grad.square().flatten(1).sum(1)

        assert self.names("pd", form=Own())[0] == set()
        assert self.names("wgan-gp", form_options={"centre": 0.5})[0] == set()
        assert self.names("wgan-gp", form_options={"centre": 1.0})[0] == {"WGAN-GP", "CTGAN"}


def test_a_printed_penalty_says_what_others_write():
    shown = str(gpreg.penalty("pd+pg", rho=150.0)).splitlines()
    assert "  gamma = 150 in (gamma/2) E[...]: gamma, R3GAN" in shown
    assert "  lambda = 75 in lambda E[...]: lambda" in shown
    assert not any("WGAN-GP" in line for line in shown)  # its number is that of another penalty

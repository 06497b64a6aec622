"""Everybody's number: each convention in both directions, and what is refused."""

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg import load_registry
from gpreg.errors import UsageError
from gpreg.registry import coefficient as table_of_all
from gpreg.registry import convention as one_row
from gpreg.registry.coefficient import convention, conventions, conventions_of, in_conventions, read, to_rho
from gpreg.registry.kinds import FORM, MEASURE

NAMES = [each.name for each in conventions()]
sizes = st.floats(1e-6, 1e6)


@pytest.mark.parametrize(
    ("value", "name", "rho"), [(10, "lambda", 20), (150, "R3GAN", 150), (5, "skrl", 10), ("100,0.1", "aR1", 2)]
)
def test_the_four_examples_of_the_field(value, name, rho):
    assert to_rho(value, name) == rho


@pytest.mark.parametrize(
    ("name", "rho"),
    [
        ("rho", 10),
        ("gamma", 10),
        ("GAN_stability", 20),
        ("GAN_stability paper", 10),
        ("StyleGAN3", 10),
        ("BasicSR", 10),
        ("StudioGAN", 10),
        ("WGAN-GP", 20),
        ("0-GP", 20),
        ("CTGAN", 20),
        ("MimicKit", 10),
        ("ProtoMotions", 20),
        ("Self-Forcing", 10),
        ("amp-rsl-rl BCE", 10),
        ("amp-rsl-rl Wasserstein", 20),
        ("stylegan2-pytorch", 5),
    ],
)
def test_what_10_means(name, rho):
    assert to_rho(10, name) == rho


@pytest.mark.parametrize("name", NAMES)
@given(rho=sizes, sigma=st.floats(1e-3, 1e2))
def test_there_and_back(name, rho, sigma):
    known = convention(name)
    second = None if known.sigma is None else sigma
    assert known.rho(known.number(rho, second), second) == pytest.approx(rho, rel=1e-12)
    assert to_rho(known.written(rho, second).replace(f"{known.symbol} = ", "").replace(" sigma = ", ""), name) == (
        pytest.approx(rho, rel=1e-9)
    )


@given(weight=sizes, sigma=st.floats(1e-3, 1e2))
def test_the_weight_of_approximate_r1_goes_with_the_square_of_sigma(weight, sigma):
    assert to_rho((weight, sigma), "aR1") == pytest.approx(2 * weight * sigma**2, rel=1e-12)
    assert to_rho(weight, "aR1") == pytest.approx(2 * weight * 0.1**2, rel=1e-12)


@pytest.mark.parametrize("known", conventions(), ids=NAMES)
def test_every_row_says_whose_it_is_and_fits_what_is_installed(known):
    assert known.source
    assert known.term
    assert known.factor > 0
    assert known.symbol in known.term
    registry = load_registry()
    assert known.measure is None or registry.get(MEASURE, known.measure)
    assert known.form is None or registry.get(FORM, known.form)
    assert known.of in ("logit", "sigmoid")
    for name in (known.name, known.name.upper(), known.name.replace("-", "_"), known.name.replace(" ", "")):
        assert convention(name) == known


def test_an_alias_of_one_row_is_no_name_of_another():
    for known in conventions():
        for alias in known.aliases:
            if alias != "amp-rsl-rl":
                assert convention(alias) == known


def test_a_name_of_two_conventions_says_both():
    with pytest.raises(UsageError, match=r"'amp-rsl-rl' has several .*'amp-rsl-rl BCE'.*'amp-rsl-rl Wasserstein'"):
        convention("amp-rsl-rl")


@pytest.mark.parametrize(
    ("given", "nearest"), [("lamda", "lambda"), ("r3gn", "R3GAN"), ("stylegan-33", "StyleGAN3"), ("fast gn", "aR1")]
)
def test_an_unknown_name_gets_the_nearest_and_the_list(given, nearest):
    with pytest.raises(UsageError) as caught:
        to_rho(10, given)
    assert f"did you mean {nearest!r}?" in str(caught.value)
    assert all(name in str(caught.value) for name in NAMES)
    assert "`gpreg rho`" in caught.value.remedy


@pytest.mark.parametrize(
    ("value", "name", "words"),
    [
        ("ten", "lambda", "'ten' is no number"),
        ("", "lambda", "'' is no number"),
        ("100,", "aR1", "'' is no number"),
        (None, "lambda", "None is no number"),
        (-1, "lambda", "lambda is -1.0; it must be a finite number >= 0"),
        (math.nan, "R3GAN", "gamma is nan"),
        ("inf", "R3GAN", "gamma is inf"),
        (1e308, "lambda", "larger than any number"),
        ("1,2", "lambda", "2 numbers are given for lambda, which has one number, lambda"),
        ("1,2,3", "aR1", "3 numbers are given for aR1, which has two numbers, weight and sigma"),
        ((), "aR1", "0 numbers are given"),
        ("100,0", "aR1", "sigma of aR1 is 0.0; it must be a finite number > 0"),
        ("100,-0.1", "aR1", "sigma of aR1 is -0.1"),
        ("100,nan", "aR1", "sigma of aR1 is nan"),
    ],
)
def test_impossible_numbers_are_refused(value, name, words):
    with pytest.raises(UsageError) as caught:
        to_rho(value, name)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_text_is_read_and_all_else_left_as_it_is():
    assert read("lambda=10") == 20
    assert read(" R3GAN = 150 ") == 150
    assert read("aR1=100,0.1") == 2
    for value in (20.0, 20, "auto", "20", None):
        assert read(value) is value


class TestTheOtherWay:
    def names(self, **about):
        return [each.convention.name for each in conventions_of(10.0, **about)]

    def test_only_those_about_such_a_penalty(self):
        found = self.names(measure="pd", form="squared")
        assert found[:3] == ["rho", "gamma", "lambda"]
        assert {"R1", "StyleGAN3", "skrl", "aR1"} <= set(found)
        assert not {"R2", "R3GAN", "WGAN-GP", "0-GP code"} & set(found)

    def test_the_points_of_wgan_gp_are_those_of_gp(self):
        assert self.names(measure="gp", form="one-centered") == self.names(measure="wgan-gp", form="one-centered")
        assert "WGAN-GP" in self.names(measure=["gp", "wgan-gp"], form="one-centered")
        assert "0-GP" in self.names(measure="wgan-gp", form="squared")

    def test_the_gradient_of_the_sigmoid_is_another_one(self):
        assert "0-GP code" in self.names(measure="gp", form="squared", of="sigmoid")
        assert "0-GP" not in self.names(measure="gp", form="squared", of="sigmoid")

    def test_without_a_word_all(self):
        assert set(self.names()) == {each.name for each in conventions() if each.of == "logit"}

    def test_a_sigma_of_ones_own(self):
        (reading,) = (each for each in conventions_of(2.0, sigma=0.01) if each.convention.name == "aR1")
        assert (reading.number, reading.sigma) == (pytest.approx(1e4), 0.01)
        assert reading.text == "weight = 10000, sigma = 0.01"

    @pytest.mark.parametrize("given", [{"rho": -1}, {"rho": math.nan}, {"rho": 1, "sigma": -1}])
    def test_impossible_numbers_are_refused(self, given):
        with pytest.raises(UsageError):
            conventions_of(given.pop("rho"), **given)


def test_the_short_line_has_the_general_ones():
    assert in_conventions(20.0) == "rho=20 (gamma=20, lambda=10)"


@pytest.mark.parametrize("module", [table_of_all, one_row], ids=lambda module: module.__name__)
def test_the_examples_are_true(module):
    tested = doctest.testmod(module)
    assert tested.attempted
    assert not tested.failed

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import gpreg
from gpreg import load_registry
from gpreg.errors import OptionError, UnknownNameError
from gpreg.testing import QuadraticCritic

REAL, FAKE = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
DETERMINISTIC = ["pd", "pg", "mid", "pd+pg", "js"]


@given(st.lists(st.tuples(st.sampled_from(DETERMINISTIC), st.floats(0, 10)), min_size=1, max_size=4))
def test_value_and_gradient_are_the_weighted_sum_of_the_parts(parts):
    names, weights = zip(*parts, strict=True)
    critic = QuadraticCritic((3,))
    mixture = gpreg.penalty("mixture", rho=2.0, measure_options={"parts": names, "weights": weights})
    value = mixture(critic, REAL, FAKE)
    total = sum(w * gpreg.penalty(n, rho=2.0)(critic, REAL, FAKE) for n, w in parts)
    torch.testing.assert_close(value, total)
    torch.testing.assert_close(
        torch.autograd.grad(value, critic.matrix)[0], torch.autograd.grad(total, critic.matrix)[0]
    )


def test_parts_of_unequal_size_weigh_the_same():
    mixture = gpreg.penalty("mixture", measure_options={"parts": "pd,pg"})
    critic = QuadraticCritic((3,))
    expected = gpreg.penalty("pd")(critic, REAL) + gpreg.penalty("pg")(critic, fake=FAKE[:2])
    torch.testing.assert_close(mixture(critic, REAL, FAKE[:2]), expected)


def test_forward_pass_is_shared_where_the_parts_are_the_batches(draw):
    at = {}
    for parts in ("pd,pg", "pd", "pd,wgan", "pg,pd", "pd,mid"):
        at[parts] = draw("mixture", {"parts": parts}, real=REAL, fake=FAKE).at
    assert at == {"pd,pg": "real+fake", "pd": "real", "pd,wgan": "real", "pg,pd": None, "pd,mid": None}


def test_needs_are_those_of_its_parts():
    build = load_registry().build
    assert build("measure", "mixture", {"parts": "pd"}).needs == {"real"}
    assert build("measure", "mixture", {"parts": "pd,latent-path"}).needs == {"real", "fake", "latent", "generator"}


def test_a_mixture_of_nothing_is_the_zero_measure(draw):
    assert draw("mixture", {"parts": "wgan,wgan"}) is None


def test_projection_of_a_part_applies():
    critic = torch.nn.Linear(2, 1)
    options = {"parts": "wgan,mid", "options": {"wgan": {"clip": 0.02}}}
    load_registry().build("measure", "mixture", options).project(critic)
    assert critic.weight.abs().max() <= 0.02


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"parts": "pd,middle"}, UnknownNameError, "did you mean 'mid'"),
        ({"parts": "pd,mid", "weights": "1"}, OptionError, "one weight >= 0 for each"),
        ({"parts": "pd", "weights": "-1"}, OptionError, "one weight >= 0 for each"),
        ({"parts": "pd", "options": {"mid": {}}}, OptionError, "no part 'mid'"),
        ({"parts": "dragan", "options": {"dragan": {"scales": 1}}}, OptionError, "did you mean 'scale'"),
    ],
)
def test_bad_mixtures_are_refused(options, error, says):
    with pytest.raises(error, match=says):
        load_registry().build("measure", "mixture", options)

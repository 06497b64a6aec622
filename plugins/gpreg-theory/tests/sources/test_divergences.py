import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from gpreg.errors import GpregError, UsageError
from gpreg_theory import (
    Atoms,
    Density,
    js,
    kl,
    optimal_discriminator,
    total_variation,
    value_of_game,
    wasserstein1,
)

LOG2 = np.log(2)
NORMAL = stats.norm
TWO_PEAKS = Density(
    log_density=lambda x: np.logaddexp(stats.norm.logpdf(x, -5, 0.1), stats.norm.logpdf(x, 5, 0.01)) - LOG2,
    breakpoints=(-5, 5),
)

places = st.floats(-50, 50)
scales = st.floats(0.01, 100)
masses = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda each: sum(each) > 1e-3)


def spread(weights):
    return Atoms(points=[-1.0, 0.0, 0.5, 3.0], masses=np.array(weights) / sum(weights))


def test_two_gaussians():  # the exact case O12
    real, fake = NORMAL(0, 1), NORMAL(1, 1)
    D = optimal_discriminator(real, fake)
    assert D([0, 2]) == pytest.approx([0.6224593312018546, 0.18242552380635635], abs=1e-6)
    assert kl(real, fake) == pytest.approx(0.5, abs=1e-6)
    assert js(real, fake) == pytest.approx(0.11142148218473617, abs=1e-6)
    assert value_of_game(real, fake) == pytest.approx(-1.1634513967504185, abs=1e-6)


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        (NORMAL(0, 1), NORMAL(3, 0.1), np.log(0.1) + 10 / 0.02 - 0.5),
        (NORMAL(0, 1), NORMAL(1000, 1), 500_000.0),
        (NORMAL(0, 1), stats.laplace(), LOG2 + np.sqrt(2 / np.pi) - 0.5 * np.log(2 * np.pi * np.e)),
        (stats.cauchy(0, 1), stats.cauchy(2, 3), np.log(20 / 12)),
        (stats.t(2.1), NORMAL(), 0.5 * np.log(2 * np.pi) + 0.5 * 2.1 / 0.1 - stats.t(2.1).entropy()),
        (stats.uniform(0, 1), stats.uniform(0, 2), LOG2),
        (stats.expon(), stats.expon(scale=2), LOG2 - 0.5),
        (stats.beta(0.5, 0.5), stats.uniform(), -stats.beta(0.5, 0.5).entropy()),
        (stats.lognorm(1), stats.lognorm(2), LOG2 + 1 / 8 - 0.5),
        (stats.triang(0.3), stats.uniform(), LOG2 - 0.5),
        (stats.poisson(3), stats.poisson(1000), 3 * np.log(3 / 1000) + 997),
        (stats.binom(10, 0.2), stats.binom(10, 0.5), 10 * (0.2 * np.log(0.4) + 0.8 * np.log(1.6))),
        (Atoms(points=[[0, 0], [1, 1]]), Atoms(points=[[1, 1], [0, 0]], masses=[0.25, 0.75]), -np.log(3 / 4) / 2),
    ],
)
def test_kl_has_its_closed_form(p, q, expected):
    assert kl(p, q) == pytest.approx(expected, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (stats.uniform(0, 2), stats.uniform(0, 1)),
        (NORMAL(), stats.expon()),
        (stats.cauchy(), NORMAL()),
        (stats.t(2), NORMAL()),
        (stats.uniform(), stats.invgamma(1)),
        (Atoms(points=[0.0, 1.0]), Atoms(points=[0.0])),
        (Atoms(points=[0.0]), NORMAL()),
        (NORMAL(), Atoms(points=[0.0])),
        (NORMAL(), Density(log_density=lambda x: np.where(abs(x) < 1, -LOG2, -np.inf), breakpoints=(-1, 1))),
    ],
)
def test_kl_is_infinite_where_it_should(p, q):
    assert kl(p, q) == np.inf
    assert js(p, q) <= LOG2


@pytest.mark.parametrize("law", [NORMAL(2, 3), stats.cauchy(), stats.poisson(3), TWO_PEAKS, Atoms(points=[1.0, 2.0])])
def test_a_law_has_no_distance_from_itself(law):
    distances = (kl(law, law), js(law, law), total_variation(law, law), wasserstein1(law, law))
    assert distances == pytest.approx((0, 0, 0, 0), abs=1e-12)
    assert value_of_game(law, law) == pytest.approx(-np.log(4))


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (stats.uniform(0, 1), stats.uniform(2, 1)),
        (Atoms(points=[0.0]), Atoms(points=[1.0])),
        (Atoms(points=[0.0]), NORMAL()),
        (NORMAL(0, 1), NORMAL(1000, 0.001)),
    ],
)
def test_singular_laws_are_as_far_apart_as_can_be(p, q):
    assert js(p, q) == pytest.approx(LOG2, abs=1e-12)
    assert total_variation(p, q) == pytest.approx(1, abs=1e-12)
    assert value_of_game(p, q) == pytest.approx(0, abs=1e-12)


def test_total_variation_of_gaussians():
    assert total_variation(NORMAL(0, 1), NORMAL(1, 1)) == pytest.approx(2 * NORMAL.cdf(0.5) - 1, abs=1e-10)
    meet = np.sqrt(8 / 3 * LOG2)
    expected = 2 * (NORMAL.cdf(meet) - NORMAL.cdf(meet / 2))
    assert total_variation(NORMAL(0, 1), NORMAL(0, 2)) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        (NORMAL(0, 1), NORMAL(0, 3), 2 * np.sqrt(2 / np.pi)),
        (stats.cauchy(0), stats.cauchy(1), 1.0),
        (stats.cauchy(), NORMAL(), np.inf),
        (stats.expon(), stats.expon(scale=3), 2.0),
        (stats.uniform(), Atoms(points=[0.5]), 0.25),
        (NORMAL(), Atoms(points=[0.0]), np.sqrt(2 / np.pi)),
        (TWO_PEAKS, Atoms(points=[0.0]), 5.0),
        (stats.poisson(3), stats.poisson(5), 2.0),
        (Atoms(points=[1.0, 2.0, 6.0]), Atoms(points=[2.0, 1.0, 9.0]), 1.0),
        (Atoms(points=[[0, 0], [1, 1]]), Atoms(points=[[1, 4], [0, 4]]), 3.5),
    ],
)
def test_wasserstein_has_its_closed_form(p, q, expected):
    assert wasserstein1(p, q) == pytest.approx(expected, rel=1e-8)


def test_js_is_right_by_another_quadrature():
    p, q = stats.gamma(2.5), stats.gumbel_r(1, 0.7)

    def integrand(x):
        a, b = p.pdf(x), q.pdf(x)
        return (special.rel_entr(a, (a + b) / 2) + special.rel_entr(b, (a + b) / 2)) / 2

    expected = integrate.quad(integrand, -5, 0)[0] + integrate.quad(integrand, 0, 50, limit=200)[0]
    assert js(p, q) == pytest.approx(expected, abs=1e-8)


def test_the_value_of_the_game_is_what_the_optimal_discriminator_reaches():
    p, q = stats.poisson(3), stats.poisson(5)
    k = np.arange(80)
    D = optimal_discriminator(p, q)(k)
    assert value_of_game(p, q) == pytest.approx(p.pmf(k) @ np.log(D) + q.pmf(k) @ np.log1p(-D), abs=1e-12)


def test_a_density_on_a_grid_of_the_plane():
    x = np.linspace(-9, 10, 120)
    points = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    cell = (x[1] - x[0]) ** 2
    grids = [
        Atoms(points=points, masses=cell * stats.multivariate_normal(mean).pdf(points)) for mean in ([0, 0], [1, 0])
    ]
    assert js(*grids) == pytest.approx(0.11142148218473617, abs=1e-9)


def test_the_optimal_discriminator_is_right_in_the_tails_and_undefined_off_both_supports():
    D = optimal_discriminator(stats.uniform(0, 1), stats.uniform(0.5, 1))
    assert D([0.2, 0.7, 1.2]) == pytest.approx([1, 0.5, 0])
    assert np.isnan(D([-1, 2])).all()
    far = optimal_discriminator(NORMAL(0, 1), NORMAL(1, 1))([-600, 700])
    assert far[0] == 1
    assert far[1] == pytest.approx(np.exp(-699.5))


def test_the_empirically_optimal_discriminator_knows_its_own_points_alone():
    points = NORMAL.rvs(size=(2, 20, 3), random_state=0)
    D = optimal_discriminator(Atoms(points=points[0]), Atoms(points=points[1]))
    assert (D(points[0]) == 1).all()
    assert (D(points[1]) == 0).all()
    assert np.isnan(D([[0, 0, 0]])).all()
    assert optimal_discriminator(Atoms(points=[0.0, 1.0]), NORMAL())([0, 0.5]) == pytest.approx([1, 0])
    assert optimal_discriminator(NORMAL(), Atoms(points=[0.0, 1.0]))([0, 0.5]) == pytest.approx([0, 1])


def test_points_given_twice_add_their_masses():
    assert kl(Atoms(points=[0, 0, 1]), Atoms(points=[0, 1], masses=[2 / 3, 1 / 3])) == pytest.approx(0, abs=1e-15)


@settings(max_examples=30)
@given(places, scales, places, scales)
def test_gaussians(m, s, n, t):
    p, q = NORMAL(m, s), NORMAL(n, t)
    expected = np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5
    assert kl(p, q) == pytest.approx(expected, rel=1e-7, abs=1e-8)
    divergence, variation = js(p, q), total_variation(p, q)
    assert js(q, p) == pytest.approx(divergence, abs=1e-9)
    assert variation**2 / 2 - 1e-7 <= divergence <= LOG2 * variation + 1e-7


@settings(max_examples=30)
@given(places, scales, places)
def test_a_shift_is_its_own_wasserstein_distance(m, s, shift):
    assert wasserstein1(NORMAL(m, s), NORMAL(m + shift, s)) == pytest.approx(abs(shift), rel=1e-7, abs=1e-7)


@given(masses, masses, masses)
def test_laws_on_four_points(a, b, c):
    p, q, r = spread(a), spread(b), spread(c)
    assert 0 <= js(p, q) <= LOG2
    assert kl(p, q) >= 2 * total_variation(p, q) ** 2 - 1e-12
    assert wasserstein1(p, r) <= wasserstein1(p, q) + wasserstein1(q, r) + 1e-12


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: kl([0.5, 0.5], [0.1, 0.9]), UsageError, "not a probability law"),
        (lambda: Atoms(points=[0.0, 1.0], masses=[0.5, 0.6]), UsageError, "add to 1.1"),
        (lambda: Atoms(points=[0.0, 1.0], masses=[1.5, -0.5]), UsageError, "at least 0"),
        (lambda: Atoms(points=[0.0, 1.0], masses=[1.0]), UsageError, r"must be \(2,\)"),
        (lambda: Atoms(points=0.0), UsageError, "at least one point"),
        (lambda: Density(log_density=NORMAL.logpdf, support=(1, 0)), UsageError, "less than its second"),
        (lambda: js(Atoms(points=[0.0]), Atoms(points=[[0.0, 1.0]])), UsageError, "one law has points of shape"),
        (lambda: wasserstein1(Atoms(points=[0.0]), Atoms(points=[[0.0, 1.0]])), UsageError, "one law has points"),
        (lambda: wasserstein1(NORMAL(), Atoms(points=[[0.0, 1.0]])), UsageError, "one dimension"),
        (lambda: js(stats.zipf(2), stats.zipf(2)), UsageError, "more than 1,000,000 points"),
        (lambda: js(Density(log_density=lambda x: NORMAL.logpdf(x) + 1), NORMAL()), GpregError, "and not to 1"),
        (lambda: kl(stats.gamma(3), stats.levy()), GpregError, "underflows"),
        (lambda: js(stats.gamma(0.05, loc=3), NORMAL()), GpregError, "settle|not to 1"),
    ],
)
def test_what_is_no_law_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("points", [np.zeros((3, 2)), np.zeros((3, 1)), np.zeros((2, 3, 1))])
def test_points_of_another_dimension_than_the_laws_are_refused_with_both_shapes(points):
    for laws in ((stats.norm(0, 1), stats.norm(1, 1)), (Atoms(points=[0.0, 1.0]), stats.poisson(3))):
        with pytest.raises(UsageError, match=rf"{re.escape(str(points.shape))}.*must be \(N,\)"):
            optimal_discriminator(*laws)(points)
    plane = optimal_discriminator(Atoms(points=np.eye(2)), Atoms(points=np.ones((1, 2))))
    assert plane(np.eye(2)).tolist() == [1, 1]
    for wrong in ([0.0, 1.0], np.zeros((2, 3))):
        with pytest.raises(UsageError, match=r"must be \(N, 2\)"):
            plane(wrong)


def test_laws_of_two_dimensions_have_no_common_discriminator():
    with pytest.raises(UsageError, match=r"shape \(2,\), the other of \(\)"):
        optimal_discriminator(Atoms(points=np.eye(2)), stats.norm(0, 1))

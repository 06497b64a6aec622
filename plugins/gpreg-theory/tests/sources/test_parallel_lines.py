import numpy as np
import pytest
from scipy import stats

from gpreg.errors import UsageError
from gpreg_theory import Atoms, ParallelLines, js, wasserstein1


@pytest.mark.parametrize(
    ("theta", "w1", "divergence", "infinite"), [(0.5, 0.5, np.log(2), np.inf), (0.0, 0.0, 0.0, 0.0)]
)
def test_the_table_of_the_slides(theta, w1, divergence, infinite):  # the exact case O13
    lines = ParallelLines(theta)
    assert lines.wasserstein1 == pytest.approx(w1, abs=1e-9)
    assert lines.js == pytest.approx(divergence, abs=1e-9)
    assert lines.kl == infinite
    assert lines.total_variation == float(theta != 0)
    assert lines.value_of_game == pytest.approx(-np.log(4) + 2 * divergence)


@pytest.mark.parametrize("theta", [-2.0, 0.0, 1e-9, 0.7])
def test_it_agrees_with_points_on_the_lines(theta):
    lines = ParallelLines(theta)
    heights = np.linspace(0, 1, 9)
    real, fake = Atoms(points=lines.real(heights)), Atoms(points=lines.fake(heights))
    assert lines.js == pytest.approx(js(real, fake), abs=1e-12)
    assert lines.wasserstein1 == pytest.approx(wasserstein1(real, fake), abs=1e-9)


@pytest.mark.parametrize("theta", [-2.0, 0.0, 0.7])
def test_the_critic_attains_the_distance_and_is_lipschitz(theta):
    lines = ParallelLines(theta)
    heights = np.linspace(0, 1, 9)
    gap = lines.critic(lines.real(heights)).mean() - lines.critic(lines.fake(heights)).mean()
    assert gap == pytest.approx(lines.wasserstein1)
    pairs = stats.norm.rvs(size=(2, 50, 2), random_state=1)
    slopes = abs(lines.critic(pairs[0]) - lines.critic(pairs[1])) / np.linalg.norm(pairs[0] - pairs[1], axis=1)
    assert slopes.max() <= 1 + 1e-12


def test_only_one_of_the_two_distances_has_a_gradient():
    def slope(name, theta, step=1e-3):
        return (getattr(ParallelLines(theta + step), name) - getattr(ParallelLines(theta - step), name)) / (2 * step)

    for theta in (-0.5, 0.7):
        lines = ParallelLines(theta)
        assert lines.value_gradient == slope("value_of_game", theta) == 0
        assert lines.wasserstein1_gradient == pytest.approx(slope("wasserstein1", theta))
        assert abs(lines.wasserstein1_gradient) == 1
    assert np.isnan(ParallelLines(0.0).value_gradient)
    assert np.isnan(ParallelLines(0.0).wasserstein1_gradient)


def test_the_optimal_discriminator_is_defined_on_the_segments_alone():
    D = ParallelLines(0.5).optimal_discriminator
    assert D([[0, 0.3], [0.5, 0.3]]) == pytest.approx([1, 0])
    assert np.isnan(D([[0.25, 0.3], [0, 2], [0.5, -1]])).all()
    assert ParallelLines(0.0).optimal_discriminator([[0, 0.3]]) == pytest.approx([0.5])


def test_what_is_no_point_is_refused():
    with pytest.raises(UsageError, match="finite"):
        ParallelLines(np.nan)
    with pytest.raises(UsageError, match=r"\(N, 2\)"):
        ParallelLines(1.0).critic([1.0, 2.0])

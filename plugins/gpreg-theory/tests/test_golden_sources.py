"""Further exact cases of the kinds O12 to O14 of golden.json: divergences and discriminators at other values."""

import math

import numpy as np
import pytest
from scipy import special, stats

import gpreg_theory as theory

LOG2 = math.log(2)


@pytest.mark.parametrize(
    ("m", "s", "n", "t"), [(0.0, 1.0, 0.0, 2.0), (0.0, 2.0, 1.0, 0.5), (-1.0, 0.3, 2.0, 1.0), (0.0, 1.0, 10.0, 1.0)]
)
def test_gaussians_of_other_means_and_variances(m, s, n, t):
    real, fake = stats.norm(m, s), stats.norm(n, t)
    expected = math.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 1 / 2
    assert theory.kl(real, fake) == pytest.approx(expected, rel=1e-6)
    x = np.array([-2.0, 0.3, 4.0])
    logits = -math.log(s) - (x - m) ** 2 / (2 * s**2) + math.log(t) + (x - n) ** 2 / (2 * t**2)
    assert theory.optimal_discriminator(real, fake)(x) == pytest.approx(special.expit(logits), rel=1e-9)
    assert theory.value_of_game(real, fake) == pytest.approx(2 * theory.js(real, fake) - 2 * LOG2)
    assert 0 < theory.js(real, fake) == pytest.approx(theory.js(fake, real), abs=1e-8)


def test_the_transport_of_gaussians():
    assert theory.wasserstein1(stats.norm(0, 1), stats.norm(3, 1)) == pytest.approx(3, abs=1e-6)
    # E|Z| = sqrt(2 / pi) times the difference of the scales.
    assert theory.wasserstein1(stats.norm(0, 1), stats.norm(0, 4)) == pytest.approx(
        3 * math.sqrt(2 / math.pi), abs=1e-6
    )


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 1.0, 3.0])
def test_shifted_intervals(shift):
    real, fake = stats.uniform(0, 1), stats.uniform(shift, 1)
    apart = min(shift, 1.0)
    assert theory.js(real, fake) == pytest.approx(apart * LOG2, abs=1e-7)
    assert theory.total_variation(real, fake) == pytest.approx(apart, abs=1e-7)
    assert theory.kl(real, fake) == (math.inf if shift else pytest.approx(0, abs=1e-9))
    assert theory.wasserstein1(real, fake) == pytest.approx(shift, abs=1e-7)
    assert theory.value_of_game(real, fake) == pytest.approx(2 * apart * LOG2 - 2 * LOG2, abs=1e-7)


def test_laws_of_atoms():
    real = theory.Atoms(points=[0.0, 1.0], masses=[0.5, 0.5])
    fake = theory.Atoms(points=[0.0, 1.0, 2.0], masses=[0.25, 0.25, 0.5])
    assert theory.kl(real, fake) == pytest.approx(LOG2)
    assert theory.kl(fake, real) == math.inf
    assert theory.total_variation(real, fake) == pytest.approx(0.5)
    assert theory.wasserstein1(real, fake) == pytest.approx(0.75)
    assert theory.optimal_discriminator(real, fake)([0.0, 1.0, 2.0]) == pytest.approx([2 / 3, 2 / 3, 0])
    plane = theory.Atoms(points=[[0.0, 0.0]]), theory.Atoms(points=[[3.0, 4.0]])
    assert theory.wasserstein1(*plane) == pytest.approx(5)
    assert theory.js(*plane) == pytest.approx(LOG2)
    assert theory.value_of_game(*plane) == pytest.approx(0)


def test_exponentials_by_their_logarithms():
    def law(rate):
        return theory.Density(log_density=lambda x: math.log(rate) - rate * x, support=(0.0, math.inf))

    assert theory.kl(law(1.0), law(3.0)) == pytest.approx(-math.log(3) + 3 - 1, abs=1e-7)
    assert theory.wasserstein1(law(1.0), law(4.0)) == pytest.approx(3 / 4, abs=1e-7)


@pytest.mark.parametrize("theta", [-0.25, -3.0, 1e-9, 7.5])
def test_parallel_lines_elsewhere(theta):
    lines = theory.ParallelLines(theta)
    assert lines.wasserstein1 == abs(theta)
    assert lines.wasserstein1_gradient == math.copysign(1, theta)
    assert (lines.js, lines.kl, lines.total_variation) == (pytest.approx(LOG2), math.inf, 1)
    assert (lines.value_of_game, lines.value_gradient) == (0, 0)
    heights = np.linspace(0, 1, 5)
    assert lines.optimal_discriminator(lines.real(heights)) == pytest.approx(1)
    assert lines.optimal_discriminator(lines.fake(heights)) == pytest.approx(0)
    gain = lines.critic(lines.real(heights)).mean() - lines.critic(lines.fake(heights)).mean()
    assert gain == pytest.approx(abs(theta))


def test_parallel_lines_that_meet():
    lines = theory.ParallelLines(0.0)
    assert (lines.wasserstein1, lines.js, lines.kl, lines.total_variation) == (0, 0, 0, 0)
    assert lines.value_of_game == pytest.approx(-2 * LOG2)
    assert lines.optimal_discriminator([[0.0, 0.5]]) == pytest.approx(0.5)


@pytest.mark.parametrize(("eps", "alpha"), [(0.5, 0.1), (0.9, 0.05), (0.1, 0.45), (0.3, 0.01)])
@pytest.mark.parametrize("angle", [math.pi / 2, math.pi / 5, math.pi])
def test_one_real_and_one_fake_point(eps, alpha, angle):
    x, y = [[1.0, 0.0]], [[math.cos(angle), math.sin(angle)]]
    own = theory.MemorisingDiscriminator(real=x, fake=y, epsilon=eps, alpha=alpha)
    assert own.k == pytest.approx(math.log((eps + alpha) / alpha) / (1 - math.cos(angle)))
    assert own.k == pytest.approx(own.sufficient_k)
    assert (own(x)[0], own(y)[0]) == pytest.approx(((1 + eps) / 2, (1 - eps) / 2))
    distance = math.dist(x[0], y[0])
    assert theory.gradient_bound(eps, distance) == pytest.approx(eps / distance)
    slope = np.linalg.norm(own.gradient([[(x[0][i] + y[0][i]) / 2 for i in (0, 1)]]))
    assert slope == pytest.approx((eps + 2 * alpha) * math.log(1 + eps / alpha) / (2 * distance))
    assert slope == pytest.approx(theory.memorising_slope(eps, alpha, distance))


def test_one_real_point_against_two():
    # At x the odds of a wrong label are 2 exp(-k).
    own = theory.MemorisingDiscriminator(
        real=[[1.0, 0.0, 0.0]], fake=[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], epsilon=0.5, alpha=0.1
    )
    assert own.k == pytest.approx(math.log(12))
    assert own(own.real) == pytest.approx(0.75)
    # At y they are 1 / (1 + e^k).
    assert own(own.fake) == pytest.approx(0.5 - 0.35 * (1 - 2 / 14))
    assert own.parameters == 4 * 3


def test_a_square_of_four_points():
    # At each point: 2 wrong ones at right angles, the right ones at 0 and at pi, the odds 2 / (e^k + e^-k).
    own = theory.MemorisingDiscriminator(
        real=[[1.0, 0.0], [-1.0, 0.0]], fake=[[0.0, 1.0], [0.0, -1.0]], epsilon=0.6, alpha=0.2
    )
    assert own.k == pytest.approx(math.acosh(4))
    assert own.k < own.sufficient_k == pytest.approx(math.log(8))
    assert own(own.real) == pytest.approx(0.8)
    assert own(own.fake) == pytest.approx(0.2)
    assert theory.epsilon_optimal(own(own.real), own(own.fake), 0.6, tolerance=1e-9)
    below = theory.MemorisingDiscriminator(real=own.real, fake=own.fake, epsilon=0.6, alpha=0.2, k=own.k - 1e-3)
    assert not theory.epsilon_optimal(below(own.real), below(own.fake), 0.6)
    # Each softmax has the exact bound of its condition.
    wrong = 1 / (1 + math.cosh(own.k))
    assert wrong == pytest.approx(0.2 / (0.6 + 2 * 0.2))
    assert own.parameters == 3 * 4


@pytest.mark.parametrize(("rate", "norm", "steps"), [(0.1, 1.0, 1), (0.05, 2.0, 5), (1.5, 1.0, 1), (1.0, 1.0, 5)])
def test_the_linear_game_turns(rate, norm, steps):
    own = theory.FixedAltGD(learning_rate=rate, latent_norm=norm, critic_steps=steps)
    a, b = steps * rate, rate * norm**2
    assert np.linalg.det(own.matrix) == pytest.approx(1)
    assert own.neutral is (steps * rate**2 * norm**2 < 4)
    count = 50 if own.neutral else 4
    theta, e = own.rounds([0.3, -0.1], [1.0, 2.0], count)
    invariant = b * (theta**2).sum(1) + a * (e**2).sum(1) + a * b * (theta * e).sum(1)
    assert invariant == pytest.approx(np.full(count + 1, own.invariant([0.3, -0.1], [1.0, 2.0])))
    assert own.longest_optimality([3.0, 4.0], 0.5) == pytest.approx(25 / norm**2)
    assert own.steps_to_optimality([0.0, 0.0], [3.0, 4.0], 0.5) == math.ceil(0.5 / (rate * 25))

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg_theory import MemorisingDiscriminator, epsilon_optimal, gradient_bound, memorising_slope


def on_the_sphere(seed, n, m, d, radius=1.0):
    points = np.random.default_rng(seed).normal(size=(n + m, d))
    points *= radius / np.linalg.norm(points, axis=1, keepdims=True)
    return points[:n], points[n:]


def test_two_orthogonal_points():  # the exact case O14
    D = MemorisingDiscriminator(real=[[1.0, 0.0]], fake=[[0.0, 1.0]], epsilon=0.5, alpha=0.1)
    assert D.k == pytest.approx(1.791759469228055, abs=1e-6)
    assert D([[1.0, 0.0], [0.0, 1.0]]) == pytest.approx([0.75, 0.25], abs=1e-6)
    assert D.parameters == 6
    assert D.sufficient_k == pytest.approx(D.smallest_k)


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 6),
    m=st.integers(1, 6),
    d=st.integers(2, 4),
    radius=st.floats(0.1, 10),
    epsilon=st.floats(0.05, 0.9),
    part=st.floats(0.01, 1),
)
def test_the_smallest_sharpness_is_enough_and_anything_less_is_not(seed, n, m, d, radius, epsilon, part):
    real, fake = on_the_sphere(seed, n, m, d, radius)
    alpha = part * (1 - epsilon) / 2
    sharp = MemorisingDiscriminator(real=real, fake=fake, epsilon=epsilon, alpha=alpha)
    assume(sharp.gap > 1e-4 * radius**2)

    def optimal(k):
        D = MemorisingDiscriminator(real=real, fake=fake, epsilon=epsilon, alpha=alpha, k=k)
        return epsilon_optimal(D(real), D(fake), epsilon, tolerance=1e-12)

    assert optimal(sharp.k)
    assert optimal(sharp.sufficient_k)
    assert sharp.k <= sharp.sufficient_k * (1 + 1e-12)
    assert not any(optimal(part * sharp.k) for part in (0, 0.3, 0.7, 0.99, 1 - 1e-6))
    values = sharp(np.random.default_rng(seed).normal(size=(20, d)) * 3 * radius)
    assert values.min() >= -1e-12
    assert values.max() <= 1 + 1e-12


def test_the_condition_is_one_on_the_mass_of_the_wrong_label():
    real, fake = on_the_sphere(3, 4, 5, 3)
    D = MemorisingDiscriminator(real=real, fake=fake, epsilon=0.4, alpha=0.2)
    logits = D.k * np.concatenate([real, fake]) @ np.concatenate([real, fake]).T
    mass = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = np.concatenate([mass[:4, 4:].sum(axis=1), mass[4:, :4].sum(axis=1)])
    assert wrong.max() == pytest.approx(0.2 / (0.4 + 2 * 0.2))


def test_parameters_and_gradient():
    real, fake = on_the_sphere(1, 4, 3, 5)
    D = MemorisingDiscriminator(real=real, fake=fake, epsilon=0.3, alpha=0.1)
    assert D.parameters == (5 + 1) * (4 + 3)
    points = np.random.default_rng(2).normal(size=(6, 5))
    shifts = 1e-6 * np.eye(5)
    slopes = np.stack([(D(points + shift) - D(points - shift)) / 2e-6 for shift in shifts], axis=1)
    assert D.gradient(points) == pytest.approx(slopes, abs=1e-7)


@pytest.mark.parametrize(("epsilon", "alpha"), [(0.5, 0.1), (0.2, 0.4), (0.05, 0.01)])
@pytest.mark.parametrize("angle", [0.01, 0.5, 3.0])
def test_the_closer_the_points_the_steeper(epsilon, alpha, angle):
    x, y = np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])
    D = MemorisingDiscriminator(real=[x], fake=[y], epsilon=epsilon, alpha=alpha)
    segment = y + np.linspace(0, 1, 1001)[:, None] * (x - y)
    slopes = np.linalg.norm(D.gradient(segment), axis=1)
    distance = float(np.linalg.norm(x - y))
    assert slopes.max() >= gradient_bound(epsilon, distance)
    assert slopes[500] == slopes.max() == pytest.approx(memorising_slope(epsilon, alpha, distance), rel=1e-9)
    assert slopes[-1] < slopes.max()


@given(epsilon=st.floats(0.01, 0.99), part=st.floats(0.001, 1), distance=st.floats(1e-6, 2))
def test_the_construction_is_never_flatter_than_the_bound(epsilon, part, distance):
    slope = memorising_slope(epsilon, part * (1 - epsilon) / 2, distance)
    assert slope >= gradient_bound(epsilon, distance)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fake": [[0.0, 2.0]]}, "norms from 1 to 2"),
        ({"fake": [[1.0, 0.0]]}, "in both sets"),
        ({"fake": [[0.0, 1.0, 0.0]]}, "3"),
        ({"fake": [0.0, 1.0]}, r"\(N, d\)"),
        ({"epsilon": 1.0}, "between 0 and 1"),
        ({"alpha": 0.3}, r"at most \(1 - epsilon\) / 2 = 0.25"),
        ({"alpha": 0.0}, "above 0"),
        ({"k": -1.0}, "at least 0"),
    ],
)
def test_what_cannot_be_memorised_is_refused(change, message):
    given = {"real": [[1.0, 0.0]], "fake": [[0.0, 1.0]], "epsilon": 0.5, "alpha": 0.1}
    with pytest.raises(UsageError, match=message):
        MemorisingDiscriminator(**{**given, **change})


@pytest.mark.parametrize("arguments", [(0.0, 0.1, 1.0), (0.5, 0.1, 0.0), (0.5, 0.3, 1.0)])
def test_slopes_out_of_bounds_are_refused(arguments):
    with pytest.raises(UsageError, match="must be"):
        memorising_slope(*arguments)

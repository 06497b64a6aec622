import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, optimize

from gpreg.errors import UsageError
from gpreg_theory import LinearGame


def integer_game(seed, rho=1.0):
    """Small integers make null spaces, equal singular values and undamped modes common."""
    rng = np.random.default_rng(seed)
    p, q = rng.integers(1, 5, 2)
    B = rng.integers(-2, 3, (rng.integers(1, p + 1), p))
    return LinearGame(Q=B.T @ B, R=rng.integers(-2, 3, (p, q)) * rng.integers(0, 2, (p, q)), rho=rho)


def distance(one, other):
    """The largest distance of two spectra, eigenvalue to eigenvalue, in the best order."""
    assert len(one) == len(other)
    apart = np.abs(np.subtract.outer(one, other))
    return apart[optimize.linear_sum_assignment(apart)].max(initial=0.0)


def test_undamped_modes_are_the_imaginary_eigenvalues():
    seen = 0
    for seed in range(2000):
        game = integer_game(seed)
        values = game.spectrum
        imaginary = values[(np.abs(values.real) < 1e-6) & (values.imag > 1e-6)].imag
        assert np.sort(imaginary) == pytest.approx(sorted(mode.frequency for mode in game.undamped), abs=1e-6), seed
        assert game.stable == (not len(imaginary)), seed
        seen += bool(len(imaginary))
    assert 150 < seen < 1850


def test_zero_is_semisimple_and_what_stands_still_is_counted():
    for seed in range(500):
        game = integer_game(seed)
        J = game.jacobian
        assert game.null_dimension == game.p + game.q - np.linalg.matrix_rank(J, tol=1e-9), seed
        assert game.null_dimension == game.p + game.q - np.linalg.matrix_rank(J @ J, tol=1e-9), seed
        assert (np.abs(game.moving) > 1e-6).all(), seed


def test_moving_eigenvalues_are_the_others():
    for seed in range(500):
        game = integer_game(seed)
        values = game.spectrum
        others = values[np.argsort(np.abs(values))][game.null_dimension :]
        assert distance(game.moving, others) < 1e-6, seed


def test_reduced_has_the_moving_eigenvalues_where_contained():
    contained = 0
    for seed in range(500):
        game = integer_game(seed)
        if game.contained:
            contained += 1
            assert game.stable, seed
            reduced = linalg.eigvals(game.reduced) if game.reduced.size else np.zeros(0)
            assert distance(game.moving, reduced) < 1e-5, seed
    assert contained > 100


def test_containment_is_not_necessary():
    game = LinearGame(Q=np.ones((2, 2)), R=np.diag([1, 2]))
    assert not game.contained
    assert game.stable
    expected = [-0.754 - 0.911j, -0.754 + 0.911j, -0.246 - 1.673j, -0.246 + 1.673j]
    assert distance(game.moving, expected) < 1e-3


@pytest.mark.parametrize("rho", [0.5, 1.0, 2.0, 3.0])
def test_dirac_gan(rho):
    game = LinearGame(Q=[[1]], R=[[1]], rho=rho)
    root = np.emath.sqrt(rho**2 - 4)
    assert distance(game.spectrum, [(-rho + root) / 2, (-rho - root) / 2]) < 1e-7
    (mode,) = game.modes
    assert mode.ratio == pytest.approx(rho / 2)


def test_dirac_gan_at_one():
    assert LinearGame(Q=[[1]], R=[[1]]).jacobian.tolist() == [[-1, -1], [1, 0]]
    assert LinearGame(Q=[[1]], R=[[1]]).spectrum == pytest.approx(
        [-0.5 - 0.8660254037844386j, -0.5 + 0.8660254037844386j], abs=1e-8
    )


def test_uniform_gan():
    game = LinearGame(Q=[[4 / 3]], R=[[2 / 3]], rho=0.5)
    assert game.spectrum == pytest.approx([-1 / 3 - 0.5773502691896258j, -1 / 3 + 0.5773502691896258j], abs=1e-7)


def test_uniform_gan_with_the_logistic_loss():
    game = LinearGame(Q=[[4 / 3]], R=[[2 / 3]], rho=0.0, K=[[1 / 5]], slope=0.5, curvature=-0.25)
    assert game.spectrum == pytest.approx([-0.05 - 0.32956199888808646j, -0.05 + 0.32956199888808646j], abs=1e-6)


def test_curvature_damps_what_the_penalty_does_not_see():
    Q, R, K = np.diag([1.0, 0.0]), np.eye(2), np.diag([0.0, 0.2])
    assert [abs(mode.critic).tolist() for mode in LinearGame(Q=Q, R=R).undamped] == [[0, 1]]
    curved = LinearGame(Q=Q, R=R, K=K, slope=0.5, curvature=-0.25)
    assert curved.stable
    expected = np.block([[-Q - 0.5 * K, -0.5 * R], [0.5 * R, np.zeros((2, 2))]])
    assert curved.jacobian == pytest.approx(expected)
    assert LinearGame(Q=Q, R=R, K=K).undamped  # a Wasserstein loss has no curvature that K could act through


def test_half_of_the_modes():
    half = LinearGame(Q=np.diag([1, 1, 0, 0]), R=np.eye(4) / 8)
    assert [mode.frequency for mode in half.undamped] == [1 / 8, 1 / 8]
    assert not half.contained
    assert not half.stable
    assert half.rate == 0.0


def test_without_a_penalty_the_modes_turn():
    game = LinearGame(Q=np.eye(3), R=np.diag([1.0, 2.0, 3.0]), rho=0.0)
    assert game.spectrum == pytest.approx(np.array([-3j, -2j, -1j, 1j, 2j, 3j]))
    assert [mode.frequency for mode in game.undamped] == pytest.approx([3, 2, 1])
    assert (game.abscissa, game.rate) == (0.0, 0.0)


@pytest.mark.parametrize(("p", "q"), [(0, 0), (0, 2), (2, 0)])
def test_empty_players(p, q):
    game = LinearGame(Q=np.zeros((p, p)), R=np.zeros((p, q)))
    assert game.modes == game.undamped == ()
    assert game.null_dimension == p + q
    assert game.moving.size == 0
    assert (game.abscissa, game.rate) == (-math.inf, math.inf)
    assert game.stable


def test_a_critic_alone():
    game = LinearGame(Q=np.diag([2.0, 1.0, 0.0]), R=np.zeros((3, 2)), rho=3.0)
    assert game.moving == pytest.approx([-6, -3])
    assert game.null_dimension == 3


def test_scales_do_not_change_what_stands_still():
    for scale in (1e-7, 1e7):
        game = LinearGame(Q=scale * np.diag([1, 1, 0]), R=np.array([[1, 0], [0, 0], [0, 0]]))
        assert game.null_dimension == 2
        assert game.stable


def test_modes_of_one_eigenspace_diagonalise_the_damping():
    turn = linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    game = LinearGame(Q=turn @ np.diag([3.0, 1.0, 0.0]) @ turn.T, R=2 * np.eye(3))
    assert [mode.damping for mode in game.modes] == pytest.approx([0, 1, 3], abs=1e-12)
    for mode in game.modes:
        assert game.coupling.T @ mode.critic == pytest.approx(mode.frequency * mode.generator)
    assert len(game.undamped) == 1


def test_close_small_frequencies_are_two_modes():
    u = np.array([1.0, 1.0]) / math.sqrt(2)  # a null direction of Q, but no singular vector
    Q = linalg.block_diag(1.0, np.eye(2) - np.outer(u, u))
    assert LinearGame(Q=Q, R=np.diag([1.0, 1e-5, 2e-5])).stable


@given(st.integers(0, 10**6), st.floats(0.1, 10))
def test_simulated_decay_is_the_abscissa(seed, rho):
    game = integer_game(seed, rho)
    if not game.modes or not game.stable or game.rate < 1e-2:
        return
    inner, slow = game.deflated, 150 / game.rate
    size = [linalg.norm(linalg.expm(t * inner.jacobian), 2) for t in (slow, 3 * slow)]
    assert -math.log(size[1] / size[0]) / (2 * slow) == pytest.approx(game.rate, rel=0.01)


def test_simulated_decay_of_the_uniform_gan():
    game = LinearGame(Q=[[4 / 3]], R=[[2 / 3]], rho=0.5)
    period = 2 * math.pi / game.spectrum[1].imag
    before, after = (linalg.expm(t * game.jacobian) @ [1.0, 0.5] for t in (2 * period, 5 * period))
    assert -math.log(linalg.norm(after) / linalg.norm(before)) / (3 * period) == pytest.approx(game.rate, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"Q": [[1, 2], [0, 1]], "R": np.eye(2)}, "not symmetric"),
        ({"Q": [[1, 2], [2, 1]], "R": np.eye(2)}, "eigenvalue -1"),
        ({"Q": np.eye(3), "R": np.eye(2)}, r"must be \(2, 2\)"),
        ({"Q": [1, 2], "R": np.eye(2)}, "must be a matrix"),
        ({"Q": [[math.nan]], "R": [[1]]}, "not finite"),
        ({"Q": [[1]], "R": [[1]], "rho": -1}, "at least 0"),
        ({"Q": [[1]], "R": [[1]], "rho": math.inf}, "at least 0"),
        ({"Q": [[1]], "R": [[1]], "slope": 0}, "f'"),
        ({"Q": [[1]], "R": [[1]], "curvature": 0.5, "K": [[1]]}, "at most 0"),
        ({"Q": [[1]], "R": [[1]], "curvature": -0.5}, "K"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        LinearGame(**arguments)

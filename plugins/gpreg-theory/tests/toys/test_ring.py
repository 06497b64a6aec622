import functools

import numpy as np
import pytest
import torch
from scipy import linalg

from gpreg.errors import UsageError
from gpreg_theory import Mass, ring
from gpreg_theory.linear.tuning import best_rho
from gpreg_theory.toys.ring import Bumps


def atoms(*which):
    angles = torch.tensor(which, dtype=torch.float64) * torch.pi / 4
    return 2**0.5 * torch.stack([angles.cos(), angles.sin()], dim=1)


HALF = Mass(lambda psi, theta: psi.new_full((len(psi),), 0.5), atoms(0, 1, 2, 3))
MEASURES = {
    "pd": ("pd", {}),
    "gp": ("gp", {}),
    "mid": ("mid", {}),
    "g-anc": ("g-anc", {"point": "2,-1"}),
    "box": ("box", {"low": "-2", "high": "2"}),
    "noise": ("dragan", {"noise": "gaussian", "scale": "0.2"}),
    "half": (HALF, None),
}
# coverage, rate at rho = 2, best rho, best rate at width .3; best rate at width .6
TABLE = {
    "pd": (1.0, 0.101, 1.96, 0.114, 0.0126),
    "gp": (0.351, 0.044, 5.0, 0.108, 0.0081),
    "mid": (0.165, 0.021, 7.0, 0.073, 0.0074),
    "g-anc": (0.054, 0.007, 7.9, 0.027, 0.0058),
    "box": (0.127, 0.016, 13.6, 0.108, 0.0130),
    "noise": (0.390, 0.046, 4.7, 0.108, 0.0118),
}


@functools.cache
def game(name, width):
    measure, options = MEASURES[name]
    return ring(measure=measure, measure_options=options, form="squared", width=width).linear(rho=2.0)


@pytest.mark.parametrize("name", TABLE)
def test_narrow_features(name):
    coverage, common, rho, rate, _ = TABLE[name]
    narrow = game(name, 0.3)
    best = best_rho(narrow)
    measured = linalg.eigh(narrow.Q, game("pd", 0.3).Q, eigvals_only=True).min()
    assert measured == pytest.approx(coverage, rel=0.03)
    assert narrow.rate == pytest.approx(common, rel=0.05)
    assert best.rho == pytest.approx(rho, rel=0.03)
    assert best.rate == pytest.approx(rate, rel=0.04)


@pytest.mark.parametrize("name", TABLE)
def test_wide_features(name):
    assert best_rho(game(name, 0.6)).rate == pytest.approx(TABLE[name][-1], rel=0.03)


def test_half_the_modes_is_hurwitz_and_hardly_damped():
    for width, rate in ((0.3, 1e-4), (0.6, 1.3e-3)):
        half = game("half", width)
        assert np.linalg.matrix_rank(half.Q, tol=1e-8) == 8
        assert not half.positive_definite
        assert not half.contained
        assert half.stable
        assert 0 < half.rate < rate
    assert best_rho(game("half", 0.6)).rate == pytest.approx(0.0012, rel=0.03)


def test_the_smallest_singular_value():
    assert linalg.svdvals(game("pd", 0.3).R).min() == pytest.approx(0.121, abs=5e-4)
    separate = ring(width=0.05, measure="pd").linear()
    np.testing.assert_allclose(separate.R, np.eye(16) / 8, atol=1e-12)


def test_half_the_modes_of_disjoint_features_is_undamped():
    spectrum = ring(width=0.05, measure=HALF).linear()
    assert len(spectrum.undamped) == 8
    assert [mode.frequency for mode in spectrum.undamped] == pytest.approx([1 / 8] * 8)


def test_the_gradient_of_the_features():
    bumps = Bumps(atoms(0, 3, 5), 0.4)
    x = torch.randn(2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = torch.stack([torch.autograd.functional.jacobian(bumps, row) for row in x])
    assert torch.allclose(bumps.gradient(x), expected, atol=1e-12)


@pytest.mark.parametrize("options", [{"modes": 1}, {"width": 0.0}, {"radius": -1.0}])
def test_impossible_rings(options):
    with pytest.raises(UsageError, match="is none"):
        ring(**options)

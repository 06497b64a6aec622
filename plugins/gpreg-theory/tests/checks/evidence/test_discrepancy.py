import numpy as np
import pytest

from gpreg_theory.checks.evidence.discrepancy import mmd


def test_discrepancy_of_two_atoms_is_that_of_the_kernel():
    # the bandwidth is the distance itself, so that the kernel is exp(-1/2) between the two and 1 within each
    x, y, ones = np.zeros((10, 2)), np.full((10, 2), 3.0), np.ones(10)
    assert mmd(x, ones, y, ones)[0] == pytest.approx(np.sqrt(2 - 2 * np.exp(-0.5)))
    assert mmd(x, ones, x, 3 * ones)[0] == pytest.approx(2.0)
    assert mmd(x, ones, x, ones) == (0.0, 0.0, 0.0)


def test_discrepancy_tells_laws_apart_and_has_an_interval_about_it():
    rng = np.random.default_rng(3)
    x, y, z = (rng.standard_normal((200, 2)) + shift for shift in (0.0, 0.0, 1.0))
    same, other = mmd(x, np.ones(200), y, np.ones(200)), mmd(x, np.ones(200), z, np.ones(200))
    assert same[2] < other[1] < other[0] < other[2]

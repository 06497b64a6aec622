import numpy as np
import pytest
import torch

from gpreg.errors import UsageError
from gpreg_theory.linear.steps import largest_step
from gpreg_theory.networks.extreme import extreme_eigenvalues, jacobian

ATOMS = 6
DISTINCT = torch.linspace(0.02, 0.05, ATOMS, dtype=torch.float64)


@pytest.mark.parametrize("loss", ["wasserstein", "minimax"])
def test_jacobian(planted, loss_of, draw, loss):
    point = planted(3, DISTINCT, loss=loss_of(loss))
    vector = draw(point.p + point.q, seed=0).numpy()
    np.testing.assert_allclose(jacobian(point) @ vector, point.dense().jacobian @ vector, atol=1e-12)


def test_the_fastest_undamped_mode(planted):
    point = planted(3, DISTINCT)
    found = extreme_eigenvalues(point, "fastest", k=2, rho=0.1)
    assert found.converged
    spectrum = point.dense().at(0.1).spectrum
    fastest = spectrum[np.abs(spectrum.imag).argmax()]
    assert np.abs(found.values.imag).max() == pytest.approx(abs(fastest.imag), rel=1e-4)


def test_the_step(planted):
    point = planted(ATOMS, DISTINCT)
    found = extreme_eigenvalues(point, "largest", k=8)
    assert found.step >= largest_step(point.dense()).step * (1 - 1e-6)


def test_not_converged(crowded):
    found = extreme_eigenvalues(crowded, "fastest", k=6, tolerance=1e-15, restarts=1)
    assert not found.converged
    assert "of 6 converged" in found.note


def test_too_many(planted):
    with pytest.raises(UsageError, match="of 12 eigenvalues"):
        extreme_eigenvalues(planted(3, DISTINCT), k=11)

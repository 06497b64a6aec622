import numpy as np
import pytest
import torch

from gpreg_theory.networks.singular import leading_triplets


@pytest.mark.parametrize("transposed", [False, True])
def test_the_smaller_side_is_iterated(point_of, mlp, transposed):
    sizes = (mlp(2, 20, 1), mlp(3, 12, 2, seed=1))
    critic, generator = (mlp(2, 10, 1), mlp(3, 20, 2)) if transposed else sizes
    point = point_of(critic=critic, generator=generator)
    assert (point.p < point.q) == transposed
    found = leading_triplets(point, 3, tolerance=1e-12)
    U, sigma, _ = np.linalg.svd(point.dense().R)
    np.testing.assert_allclose(found.sigma, sigma[:3], rtol=1e-9)
    np.testing.assert_allclose(found.gram, found.left * found.sigma**2, atol=1e-9 * sigma[0] ** 2)
    np.testing.assert_allclose(np.abs(np.einsum("pk,pk->k", found.left, U[:, :3])), 1, atol=1e-6)


def test_multiple_singular_values_are_found_as_often_as_they_are(stretched):
    stretch = torch.cat([torch.full((5,), 3.0), torch.full((3,), 2.5), torch.linspace(0.1, 1, 32)]).double()
    found = leading_triplets(stretched(stretch), 8, tolerance=1e-6)
    np.testing.assert_allclose(found.sigma / found.sigma[-1], [1.2] * 5 + [1.0] * 3, rtol=1e-6)
    np.testing.assert_allclose(found.left.T @ found.left, np.eye(8), atol=1e-9)


def test_nothing_there(stretched):
    assert leading_triplets(stretched(torch.zeros(40, dtype=torch.float64)), 3).sigma.shape == (0,)

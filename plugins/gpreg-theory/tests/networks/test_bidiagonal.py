"""A few singular triplets, against a dense decomposition."""

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

from gpreg_theory.networks.bidiagonal import CONVERGED, few_triplets


def matrix(p, q, sigma, seed=0):
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((n, len(sigma))))[0] for n in (p, q))
    return left @ np.diag(sigma) @ right.T


@pytest.mark.parametrize(("p", "q"), [(5, 40), (40, 5), (7, 7), (3, 3), (1, 6), (6, 1)])
def test_all_are_found_where_there_are_no_more_than_steps(p, q):
    rank = min(p, q, 4)
    R = matrix(p, q, [3.0, 2.0, 1.0, 0.1][:rank])
    found = few_triplets(aslinearoperator(R), 6)
    np.testing.assert_allclose(found.sigma, [3.0, 2.0, 1.0, 0.1][:rank], rtol=1e-8)
    np.testing.assert_allclose(R @ R.T @ found.left, found.left * found.sigma**2, atol=1e-8)
    np.testing.assert_allclose(found.left.T @ found.left, np.eye(rank), atol=1e-10)
    assert not found.note


def test_the_strongest_converge_first_and_the_others_are_left_out():
    R = matrix(60, 50, 2.0 ** -np.arange(20))
    found = few_triplets(aslinearoperator(R), 5)
    assert 2 <= len(found.sigma) < 5
    np.testing.assert_allclose(found.sigma[:2], [1, 0.5], rtol=2e-3)
    residual = np.linalg.norm(R @ (R.T @ found.left) - found.left * found.sigma**2, axis=0) / found.sigma**2
    assert (residual <= CONVERGED * found.sigma[0] / found.sigma).all()
    assert "of 5 modes converged" in found.note
    assert found.products == 11


def test_one_of_several_equal_ones_and_none_of_zero():
    found = few_triplets(aslinearoperator(np.eye(6)), 4)
    np.testing.assert_allclose(found.sigma, [1.0])
    assert len(few_triplets(aslinearoperator(np.zeros((4, 3))), 4).sigma) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_are_counted(dtype):
    counted = []
    R = matrix(30, 20, [4.0, 2.0, 1.0]).astype(dtype)
    operator = aslinearoperator(R)
    operator._matvec, operator._rmatvec = (
        lambda v, f=f: (counted.append(1), f(v))[1] for f in (operator._matvec, operator._rmatvec)
    )
    found = few_triplets(operator, 8)
    assert len(found.sigma) == 3
    assert found.products == len(counted) <= 8

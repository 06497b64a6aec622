import numpy as np
import pytest
import torch

from gpreg_theory.toys.quadrature import CHEBYSHEV, Distribution, chebyshev, product


@pytest.mark.parametrize("n", CHEBYSHEV)
def test_chebyshev_means_are_those_of_the_uniform_law_up_to_degree_n(n):
    nodes = chebyshev(n)
    assert len(nodes) == n
    assert np.abs(nodes).max() <= 1
    for degree in range(n + 1):
        assert np.mean(nodes**degree) == pytest.approx((1 + (-1) ** degree) / (2 * (degree + 1)), abs=1e-11)


@pytest.mark.parametrize("degree", range(24))
def test_gauss_nodes_are_exact(degree):
    points, weights = Distribution.uniform(0.0, 1.0).gauss
    assert float(weights @ points[:, 0] ** degree) == pytest.approx(1 / (degree + 1), abs=1e-13)
    points, weights = Distribution.normal(0.5).gauss
    moment = 0.0 if degree % 2 else 0.5**degree * np.prod(np.arange(1, degree, 2, dtype=float))
    assert float(weights @ points[:, 0] ** degree) == pytest.approx(moment, rel=1e-10, abs=1e-12)


def test_equal_nodes_of_a_normal_law_have_its_variance():
    points, weights = Distribution.normal(2.0).equal
    assert weights.std() == 0
    assert [float((points**k).mean()) for k in (1, 2, 3)] == pytest.approx([0, 4, 0], abs=1e-12)


def test_product_has_every_combination_once():
    two, three = Distribution.uniform(n=2).gauss, Distribution.atoms(torch.arange(3.0).double()[:, None]).gauss
    (i, j), weights = product(two, three)
    assert sorted(zip(i.tolist(), j.tolist(), strict=True)) == [(a, b) for a in range(2) for b in range(3)]
    assert torch.allclose(weights, two.weights[i] * three.weights[j])
    assert float(weights.sum()) == pytest.approx(1)

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gpreg.errors import UsageError
from gpreg.pictures import Mesh, gradient_field, square_limits
from gpreg.pictures.mesh import CHUNK

MATRIX = torch.tensor([[2.0, 0.5], [0.5, -1.0]])


def quadratic(x):
    return 0.5 * torch.einsum("bi,ij,bj->b", x, MATRIX, x)


def test_points_run_row_by_row_from_the_bottom_left():
    assert Mesh((0, 2, 10, 12), 3).points().tolist()[:4] == [[0, 10], [1, 10], [2, 10], [0, 11]]


def test_values_are_in_rows_and_columns():
    mesh = Mesh((0, 2, 10, 14), 3)
    np.testing.assert_array_equal(mesh.values(lambda x: x[:, 0]), [[0, 1, 2]] * 3)
    np.testing.assert_array_equal(mesh.values(lambda x: x[:, 1:]), [[10] * 3, [12] * 3, [14] * 3])


def test_gradient_of_a_quadratic_is_linear():
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(gradient_field(quadratic, points), points @ MATRIX)
    mesh = Mesh((-1, 2, -3, 1), 9)
    field = mesh.points() @ MATRIX
    np.testing.assert_allclose(mesh.gradients(quadratic), field.reshape(9, 9, 2), rtol=1e-5, atol=1e-6)


def test_no_call_is_larger_than_a_chunk():
    sizes = []

    def critic(x):
        sizes.append(len(x))
        return x.sum(1)

    mesh = Mesh((0, 1, 0, 1), 100)
    values, gradients = mesh.values(critic), mesh.gradients(critic)
    assert max(sizes) <= CHUNK
    assert sum(sizes) == 2 * 100**2
    np.testing.assert_allclose(values, np.add.outer(*mesh.axes[::-1]), rtol=1e-6)
    assert (gradients == 1).all()


def test_parameters_and_points_are_left_alone():
    critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    points = torch.randn(5, 2)
    with torch.no_grad():
        field = gradient_field(critic, points)
    assert field.shape == (5, 2)
    assert not points.requires_grad
    assert all(parameter.grad is None for parameter in critic.parameters())


@given(st.integers(0, 2**31), st.floats(0.01, 1e4), st.floats(-10, 10))
def test_limits_hold_all_real_samples_in_a_square(seed, size, shift):
    real = torch.randn(64, 2, generator=torch.Generator().manual_seed(seed)) * size + shift
    left, right, bottom, top = square_limits(real)
    assert right - left == pytest.approx(top - bottom, rel=1e-6)
    extent = (real.amax(0) - real.amin(0)).max().item()
    assert 1.3 * extent <= right - left <= 2.0 * extent
    assert left < real[:, 0].min()
    assert real[:, 0].max() < right
    assert bottom < real[:, 1].min()
    assert real[:, 1].max() < top


def test_limits_do_not_move_between_draws_of_one_ring():
    angles = torch.arange(8) * torch.pi / 4
    centres = 1.4142 * torch.stack([angles.cos(), angles.sin()], 1)
    draws = [centres.repeat(64, 1) + 0.014 * torch.randn(512, 2) for _ in range(20)]
    assert len({square_limits(draw) for draw in draws}) <= 2


def test_limits_of_one_point_and_of_none_that_is_finite():
    left, right, *_ = square_limits(torch.zeros(3, 2))
    assert left < 0 < right
    with pytest.raises(UsageError, match="not finite"):
        square_limits(torch.full((3, 2), float("nan")))


@pytest.mark.parametrize("limits", [(0, 0, 0, 1), (1, 0, 0, 1), (0, 1, 2, 1), (0, float("inf"), 0, 1)])
def test_empty_limits_are_refused(limits):
    with pytest.raises(UsageError, match="expected finite"):
        Mesh(limits)


def test_a_mesh_of_one_point_is_refused():
    with pytest.raises(UsageError, match=">= 2"):
        Mesh((0, 1, 0, 1), 1)

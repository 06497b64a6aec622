import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gpreg import load_registry


def projected(layer, **options):
    with torch.no_grad():
        load_registry().build("constraint", "orthogonal-projection", options)(nn.ModuleList([layer]))
    return layer.weight.detach()


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 5), columns=st.integers(1, 5), seed=st.integers(0, 99), gain=st.sampled_from([0.5, 1.0, 3.0])
)
def test_it_is_the_nearest_matrix_with_orthonormal_rows_or_columns(rows, columns, seed, gain):
    rng = torch.Generator().manual_seed(seed)
    layer = nn.Linear(columns, rows).double()
    before = torch.randn(rows, columns, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(before)
    after = projected(layer, gain=gain)
    least = min(rows, columns)
    gram = after @ after.T if rows == least else after.T @ after
    torch.testing.assert_close(gram, gain**2 * torch.eye(least, dtype=torch.float64))
    other, _ = torch.linalg.qr(torch.randn(max(rows, columns), least, generator=rng, dtype=torch.float64))
    other = gain * (other if rows >= columns else other.T)
    assert (before - after).norm() <= (before - other).norm() + 1e-9


def test_a_transposed_convolution_has_its_outputs_in_the_second_dimension():
    weight = projected(nn.ConvTranspose2d(8, 3, 2).double())
    rows = weight.movedim(1, 0).flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(3, dtype=torch.float64))


def test_singular_values_within_the_band_stay():
    layer = nn.Linear(3, 3).double()
    with torch.no_grad():
        layer.weight.copy_(torch.diag(torch.tensor([0.1, 1.2, 7.0])))
    torch.testing.assert_close(
        torch.linalg.svdvals(projected(layer, band=0.25)), torch.tensor([1.25, 1.2, 0.8], dtype=torch.float64)
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_have_diverged_are_left_alone(bad):
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight[0, 0] = bad
    expected = layer.weight.detach().clone()
    torch.testing.assert_close(projected(layer), expected, equal_nan=True)

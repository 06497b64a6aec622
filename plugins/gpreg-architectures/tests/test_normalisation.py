import pytest
import torch

from gpreg.errors import UsageError
from gpreg_architectures.normalisation import BatchNorm1d, ConditionalBatchNorm2d


def test_conditional_batch_norm_equals_its_formula():
    norm = ConditionalBatchNorm2d(3, 5, track_running_stats=False).double()
    with torch.no_grad():
        norm.scale.normal_()
        norm.offset.normal_()
    x, y = torch.randn(4, 3, 6, 6, dtype=torch.float64), torch.tensor([0, 4, 4, 2])
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = x.var((0, 2, 3), keepdim=True, unbiased=False)
    expected = (x - mean) / (variance + 1e-5).sqrt() * norm.scale[y][..., None, None] + norm.offset[y][..., None, None]
    torch.testing.assert_close(norm(x, y), expected)


def test_new_conditional_batch_norm_normalises_alone():
    norm = ConditionalBatchNorm2d(3, 5, track_running_stats=False)
    output = norm(torch.randn(8, 3, 6, 6) * 3 + 1, torch.zeros(8, dtype=torch.int64))
    torch.testing.assert_close(output.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(output.var((0, 2, 3), unbiased=False), torch.ones(3), atol=1e-4, rtol=0)


@pytest.mark.parametrize("tracked", [False, True])
def test_evaluation_uses_running_averages_only_if_tracked(tracked):
    norm = ConditionalBatchNorm2d(3, None, track_running_stats=tracked).eval()
    x = torch.randn(8, 3, 6, 6) * 3 + 1
    alone, together = norm(x[:2]), norm(x)[:2]
    assert torch.allclose(alone, together) == tracked


def test_feature_norm_is_per_feature():
    x = torch.randn(16, 8)
    output = BatchNorm1d(8, track_running_stats=False)(x)
    torch.testing.assert_close(output, (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt())


def test_a_batch_of_one_is_refused_where_it_would_be_its_own_statistics():
    one = torch.randn(1, 8)
    with pytest.raises(UsageError, match="two samples or more"):
        BatchNorm1d(8, track_running_stats=True)(one)
    with pytest.raises(UsageError, match="batch_statistics_when_sampling"):
        BatchNorm1d(8, track_running_stats=False).eval()(one)
    assert BatchNorm1d(8, track_running_stats=True).eval()(one).shape == (1, 8)

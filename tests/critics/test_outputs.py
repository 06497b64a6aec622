import pytest
import torch

from gpreg.critics.outputs import one_a_sample
from gpreg.errors import UsageError

MAP, SMALL = torch.arange(24.0).view(2, 1, 3, 4), torch.ones(2, 1, 2, 2)


@pytest.mark.parametrize(
    ("outputs", "how", "expected"),
    [
        (torch.tensor([1.0, 2.0]), None, [1, 2]),
        (torch.tensor([[1.0], [2.0]]), None, [1, 2]),
        (MAP, "sum", [66, 210]),
        (MAP, "mean", [5.5, 17.5]),
        (torch.tensor([1.0, 2.0]), "mean", [1, 2]),
        ([MAP, SMALL], "sum", [70, 214]),
        ((MAP, SMALL), "mean", [3.25, 9.25]),
        ((MAP, {"features": SMALL}), lambda out: out[0].amax((1, 2, 3)), [11, 23]),
    ],
)
def test_outputs_become_one_number_a_sample(outputs, how, expected):
    assert one_a_sample(outputs, 2, how).tolist() == expected


@pytest.mark.parametrize(
    ("outputs", "how", "says", "remedy"),
    [
        (MAP, None, r"a tensor \(2, 1, 3, 4\) for 2 samples", "outputs='mean'"),
        ([MAP, SMALL], None, "a list of a tensor", "outputs=lambda out: out[-1]"),
        ((SMALL, SMALL), None, "a tuple of a tensor", "outputs=lambda out: out[0]"),
        (torch.ones(1, 1), None, r"a tensor \(1, 1\) for 2 samples", "pack=2"),
        (torch.ones(3), None, r"a tensor \(3,\) for 2 samples", "one number for each sample"),
        ({"logits": SMALL}, None, "a dict for 2 samples", "outputs=lambda out: out['logits']"),
        (
            {"score": torch.ones(2), "map": SMALL, "n": 2},
            None,
            "a dict for 2 samples",
            "outputs=lambda out: out['score']",
        ),
        ({"n": 2}, None, "a dict for 2 samples", "say which"),
        ((torch.ones(2, 1), torch.ones(2, 512)), "sum", "several of the same B and c", "say which"),  # value, features
        ([torch.ones(2, 64, 4, 4), SMALL], "mean", "several of the same B and c", "say which"),  # features, then a map
        ([[SMALL], [SMALL]], "sum", "a list of a list", "say which"),
        (torch.ones(3, 1, 2, 2), "mean", "for 2 samples", "say which"),
        ([], "mean", "a list of nothing", "say which"),
        (
            ([MAP, SMALL], []),
            lambda out: out[0],
            "outputs= gives a list",
            "sum(each.flatten(1).mean(1) for each in out[0])",
        ),
        ([MAP, SMALL], lambda out: out[1], r"outputs= gives a tensor \(2, 1, 2, 2\)", "out[-1].flatten(1).mean(1)"),
    ],
)
def test_what_is_not_one_number_a_sample_is_refused_with_what_would_be(outputs, how, says, remedy):
    with pytest.raises(UsageError, match=says) as caught:
        one_a_sample(outputs, 2, how)
    assert remedy in caught.value.remedy


def test_a_wrong_pack_is_refused_with_the_right_one():
    with pytest.raises(UsageError, match=r"a tensor \(4, 1\) for 8 samples of 5 rows") as caught:
        one_a_sample(torch.ones(4, 1), 8, pack=5)
    assert "pack=10" in caught.value.remedy

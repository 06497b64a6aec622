import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from gpreg.errors import UsageError
from gpreg_constraints.layers import layers


def tied():
    network = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2))
    network[2].weight = network[0].weight
    return network


def zero():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    nn.init.zeros_(network[1].weight)
    return network


def older():
    with pytest.warns(FutureWarning):
        return nn.Sequential(nn.utils.weight_norm(nn.Linear(2, 1)))


REFUSED = {
    "none": (lambda: nn.Sequential(nn.Flatten(), nn.LayerNorm(2)), {}, "no linear or convolutional layer"),
    "only a last one": (lambda: nn.Linear(2, 1), {"last": False}, "but its last one"),
    "the architecture's own": (
        lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(2, 1))),
        {},
        "from others",
    ),
    "the architecture's own, older": (older, {}, "from others"),
    "tied": (tied, {}, "'0' is used elsewhere"),
    "zero": (zero, {"nonzero": True}, "'1' is zero"),
}


@pytest.mark.parametrize(("make", "options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(make, options, message):
    with pytest.raises(UsageError, match=message) as caught:
        layers(make(), **options)
    assert caught.value.remedy


def test_zero_weights_have_a_polar_factor_all_the_same():
    assert [*layers(zero())] == ["0", "1"]


def test_a_module_that_is_used_twice_is_one_layer():
    twice = nn.Linear(2, 2)
    assert [*layers(nn.Sequential(twice, nn.Tanh(), twice))] == ["0"]


def test_nothing_is_looked_at_where_there_is_no_memory():
    with torch.device("meta"):
        assert [*layers(zero(), nonzero=True)] == ["0", "1"]

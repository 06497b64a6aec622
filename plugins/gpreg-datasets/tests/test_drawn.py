import pytest
import torch

from gpreg.errors import DataError
from gpreg.interfaces import Opening
from gpreg_datasets.gaussians import EightGaussians
from gpreg_datasets.options import PlanarOptions


@pytest.mark.parametrize(
    "state", [{}, {"rng": None}, {"rng": torch.zeros(3)}, {"rng": torch.zeros(3, dtype=torch.uint8)}]
)
def test_a_damaged_state_is_refused(state):
    stream = EightGaussians(PlanarOptions()).open(Opening()).stream(4, seed=0)
    with pytest.raises(DataError, match="damaged"):
        stream.load_state_dict(state)

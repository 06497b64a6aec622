import pytest
import torch

from gpreg.runs.expected import MismatchError
from gpreg.training.tick import read_unread, unread

MEASURED = {"steps": 2, "seconds": 1.0}


def test_what_nobody_has_looked_at_comes_back():
    rows, measured = read_unread(unread(torch.ones(2, 5), MEASURED))
    assert rows.equal(torch.ones(2, 5))
    assert measured == MEASURED


@pytest.mark.parametrize("rows", [torch.ones(1, 5).expand(2**40, 5), torch.ones(2, 5).to_sparse(), torch.ones(5, 2).T])
def test_rows_that_are_not_there_one_by_one_are_refused(rows):
    with pytest.raises(MismatchError, match="no rows of numbers"):
        read_unread(unread(rows, MEASURED))

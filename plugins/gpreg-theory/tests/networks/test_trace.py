from dataclasses import replace

import numpy as np
import pytest

from gpreg.errors import UsageError
from gpreg_theory.networks.trace import equal_trace_rho, outer_trace, trace


def test_it_is_the_trace(point_of):
    point = point_of()
    game = point_of(loss=point.loss).dense()
    found = trace(point, probes=100)
    assert abs(found.value - np.trace(game.Q)) < 5 * found.standard_error
    assert trace(replace(point, sample=None)).value == 0


def test_outer(point_of, loss_of):
    point = point_of(loss=loss_of("minimax"))
    found = outer_trace(point, probes=100)
    assert abs(found.value - np.trace(point.dense().K)) < 5 * found.standard_error


def test_equal_trace():
    assert equal_trace_rho(2.0, 3.0, 1.5) == 4.0
    with pytest.raises(UsageError, match="without curvature"):
        equal_trace_rho(2.0, 3.0, 0.0)

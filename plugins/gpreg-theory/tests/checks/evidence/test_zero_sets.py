import numpy as np
import pytest

from gpreg_theory.checks.evidence.zero_sets import constancy


@pytest.mark.parametrize(
    ("residual", "literal", "bott"),
    [
        (lambda x: np.array([x[0]]), "holds", "holds"),
        (lambda x: np.array([x[0] - x[1] ** 2]), "fails", "holds"),  # a parabola of zeros
        (lambda x: np.array([x[0], x[1] ** 2]), "fails", "fails"),
        (lambda x: np.array([x[0], x[1] ** 3]), "fails", "fails"),
        (lambda x: np.array([x[0] * (1 + x[1])]), "holds", "holds"),
        (lambda x: np.array([x[0] - x[1] * x[2], x[0] * x[1]]), "fails", "fails"),  # two lines that cross
    ],
)
def test_zero_sets_in_closed_form(residual, literal, bott):
    start = np.zeros(3)
    jacobian = np.stack([(residual(1e-6 * e) - residual(-1e-6 * e)) / 2e-6 for e in np.eye(3)], axis=1)
    jacobian[np.abs(jacobian) < 1e-9] = 0
    found = constancy(residual, jacobian, start)
    assert (found.literal, found.morse_bott) == (literal, bott)

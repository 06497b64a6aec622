"""The filter is sym6: it has the properties that define it, and no other filter with them is as symmetric."""

from itertools import product
from math import comb, sqrt

import numpy as np

from gpreg_augmentations.wavelet import CENTRE, LOW_PASS

TAPS = np.array(LOW_PASS) * sqrt(2)


def test_it_is_orthonormal_and_sums_to_the_root_of_two():
    for shift in range(6):
        inner = TAPS[: len(TAPS) - 2 * shift] @ TAPS[2 * shift :]
        assert abs(inner - (shift == 0)) < 1e-12
    assert abs(TAPS.sum() - sqrt(2)) < 1e-12


def test_it_has_six_vanishing_moments():
    k = np.arange(len(TAPS)) - CENTRE
    for power in range(6):
        assert abs(((-1.0) ** k * k**power) @ TAPS) < 1e-8


def test_of_all_such_filters_it_is_the_most_symmetric():
    """Daubechies' construction: of each pair of roots z, 1/z the filter has one; complex ones come in pairs."""
    halves = np.roots([comb(5 + k, k) for k in range(5, -1, -1)])
    choices = [
        [z, z.conjugate()] if z.imag else [z] for y in halves if y.imag >= 0 for z in [np.roots([1, 4 * y - 2, 1])[0]]
    ]
    found = []
    for inside in product((False, True), repeat=len(choices)):
        roots = [1 / z if flip else z for flip, pair in zip(inside, choices, strict=True) for z in pair]
        taps = np.real(np.poly([-1] * 6 + roots))
        found.append(taps / np.linalg.norm(taps) * np.sign(taps.sum()))
    symmetry = [np.convolve(taps, taps).max() for taps in found]  # 1 for a filter that is its own mirror image
    best = found[int(np.argmax(symmetry))]
    assert min(abs(best - TAPS).max(), abs(best[::-1] - TAPS).max()) < 1e-7
    assert TAPS.argmax() == CENTRE
    assert round(max(symmetry), 3) == 0.965

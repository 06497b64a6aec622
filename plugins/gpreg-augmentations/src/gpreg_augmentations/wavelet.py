"""The wavelet sym6, whose low-pass filter resamples augmented images."""

from math import sqrt

_SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
"""Daubechies' least asymmetric orthonormal low-pass filter with 6 vanishing moments; it sums to the root of 2.

Daubechies (1992), Ten Lectures on Wavelets, Table 6.3.
"""

LOW_PASS = tuple(value / sqrt(2) for value in _SYM6)
"""The filter with sum 1. Since it is orthonormal, up by 2 and down by 2 with it are together the identity."""

CENTRE = 5
"""The tap that is the pixel itself: the largest one. The filter's centre of mass is at 5.1, not at 5.5 half-way."""

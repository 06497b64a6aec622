"""Every augmentation passes the kit, in the variants that take other paths."""

import pytest

from gpreg import load_registry
from gpreg.testing import augmentation_checks

VARIANTS = [
    ("noise", {"final": 0.0}),
    ("ada", {"kimg": 0.05}),
    ("ada", {"p": 1.0}),
    ("ada", {"p": 0.2, "final": 0.8, "cutout": 0.5}),
    ("diffaugment", {}),
    ("diffaugment", {"policy": ("cutout", "color")}),
    ("flip-shift", {}),
    ("flip-shift", {"fill": "zero", "shift": 1.0}),
]
CHECKS = [check for name, options in VARIANTS for check in augmentation_checks(name, options)]
NAMES = [spec.name for spec in load_registry().list("augmentation")]


def test_the_variants_are_of_all_augmentations():
    assert {name for name, _ in VARIANTS} == set(NAMES)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_conforms(check):
    check()

"""The examples in the docstrings are true."""

import doctest
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest
import torch

import gpreg
import gpreg_verify

MODULES = [
    import_module(found.name)
    for found in pkgutil.walk_packages(gpreg_verify.__path__, "gpreg_verify.")
    if ".commands" not in found.name
]


@pytest.mark.parametrize("module", [gpreg_verify, *MODULES], ids=lambda module: module.__name__)
def test_the_examples_are_true(module: ModuleType) -> None:
    known = {"torch": torch, "gpreg": gpreg, "load_registry": gpreg.load_registry}
    assert doctest.testmod(module, extraglobs=known).failed == 0

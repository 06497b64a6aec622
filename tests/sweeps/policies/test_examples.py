"""The examples in the docstrings of the policies are true."""

import doctest
import importlib
import pkgutil

import pytest

from gpreg.sweeps import policies


@pytest.mark.parametrize("name", [each.name for each in pkgutil.iter_modules(policies.__path__)])
def test_the_examples_of(name):
    assert not doctest.testmod(importlib.import_module(f"gpreg.sweeps.policies.{name}")).failed

"""Every public class and function has an example in its docstring, and the example is true."""

import doctest
import inspect

import pytest
import torch

import gpreg
from gpreg import interfaces, penalties, testing

PUBLIC = {
    f"{module.__name__}.{name}": value
    for module in (gpreg, interfaces, penalties, testing)
    for name, value in ((name, getattr(module, name)) for name in module.__all__)
    if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith("gpreg")
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of(name):
    value = PUBLIC[name]
    material = vars(inspect.getmodule(value)) | {"gpreg": gpreg, "torch": torch}
    (found,) = doctest.DocTestFinder(recurse=False).find(value, name, globs=material)
    assert found.examples, "a docstring shows how its name is used"
    told = []
    with torch.random.fork_rng(devices=[]):
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found, out=told.append)
    assert result.failed == 0, "".join(told)

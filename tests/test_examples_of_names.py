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
    for name, value in ((name, getattr(module, name)) for name in getattr(module, "__all__", vars(module)))
    if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith("gpreg")
}
WANTED = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of(name, tmp_path, monkeypatch):
    """Of a class, it may be that of a method; all are run, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    value = PUBLIC[name]
    material = vars(inspect.getmodule(value)) | {"gpreg": gpreg, "torch": torch}
    found = [one for one in doctest.DocTestFinder().find(value, name, globs=material) if one.examples]
    assert found, "a docstring shows how its name is used"
    told = []
    with torch.random.fork_rng(devices=[]):
        for test in found:
            doctest.DocTestRunner(optionflags=WANTED).run(test, out=told.append)
    assert not told, "".join(told)

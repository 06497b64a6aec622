import subprocess
import sys

import pytest

import gpreg
from gpreg.interfaces import Opening
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of

NAMES = [
    "8gaussians",
    "25gaussians",
    "swissroll",
    "two-gaussians",
    "digits",
    "mnist",
    "fashion-mnist",
    "cifar10",
    "emoji",
    "stacked-mnist",
    "image-folder",
    "npz",
]


def test_everything_is_registered():
    mine = [spec.name for spec in gpreg.load_registry().list("dataset") if spec.package == "gpreg-datasets"]
    assert mine == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_built_with_default_options(name):
    spec = gpreg.load_registry().get("dataset", name)
    assert gpreg.load_registry().build("dataset", name)
    assert all(info.help for info in describe(options_of(spec, "dataset")))


@pytest.mark.parametrize("name", ["8gaussians", "25gaussians", "swissroll", "two-gaussians", "digits"])
def test_declared_facts_of_what_needs_no_files(name):
    spec = gpreg.load_registry().get("dataset", name)
    data = gpreg.load_registry().build("dataset", name).open(Opening())
    assert (str(data.spec.shape), data.size, data.spec.classes) == (spec.shape, spec.size, spec.classes)


def test_registration_imports_neither_torch_nor_numpy():
    code = "import sys, gpreg_datasets.plugin as p; p.gpreg_datasets(); print({'torch', 'numpy'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"

import subprocess
import sys

import pytest

import gpreg
from gpreg.interfaces import SampleSpec
from gpreg_architectures.plugin import gpreg_architectures

SPECS = {spec.name: spec for spec in gpreg_architectures()}
DATASETS = {"8gaussians": (2,), "digits": (1, 32, 32)}


def test_registration_imports_no_torch():
    code = "import sys, gpreg_architectures.plugin as p; p.gpreg_architectures(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_hook_supplies_the_eight_architectures():
    found = {spec.name for spec in gpreg.load_registry().list("architecture") if spec.package == "gpreg-architectures"}
    assert found == set(SPECS)
    assert found == {"mlp", "mlp-0gp", "dcgan-mnist", "dcgan", "resnet", "resnet-stable", "resnet2-stable", "r3gan"}


@pytest.mark.parametrize("name", SPECS)
def test_each_is_sourced_and_fits_the_dataset_it_is_tried_on_first(name):
    spec = SPECS[name]
    assert spec.cites
    sample = SampleSpec(shape=DATASETS[spec.dataset], classes=10 if spec.conditional else None)
    architecture = gpreg.load_registry().build("architecture", name, {"width": 4})
    architecture.generator(sample)
    architecture.critic(sample)

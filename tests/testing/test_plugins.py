"""The kit checks all that a plugin supplies, of whatever kind."""

from dataclasses import replace

import pytest
from fixtures.kits import registry_with
from torch import nn

from gpreg import (
    ArchitectureSpec,
    load_registry,
)
from gpreg.errors import UnknownNameError, UsageError
from gpreg.interfaces import Architecture
from gpreg.testing import plugin_checks

COMMON = {"name": "subject", "summary": "under test"}


class Flat(Architecture):
    """Plain modules, for samples of one shape alone."""

    def generator(self, spec):
        if spec.shape != (1, 28, 28):
            raise UsageError(f"no samples of {spec.shape}", remedy="use MNIST")
        return nn.Sequential(nn.Linear(3, 784), nn.Unflatten(1, spec.shape))

    def critic(self, spec):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 4), nn.Tanh(), nn.Linear(4, 1))


def test_an_architecture_is_checked_on_a_shape_that_it_takes():
    spec = ArchitectureSpec(**COMMON, factory=Flat)
    with registry_with("architecture", spec).activate():
        checks = list(plugin_checks("own"))
        for _, _, check in checks:
            check()
    assert {str(check.subject) for _, _, check in checks} == {"own", "subject", "subject-1x28x28"}


def test_a_conditional_architecture_is_checked_with_labels_too():
    resnet = load_registry().get("architecture", "resnet")
    with registry_with("architecture", replace(resnet, name="subject")).activate():
        subjects = {str(check.subject) for _, _, check in plugin_checks("own")}
    assert subjects == {"own", "subject", "subject-1x32x32", "subject-1x32x32-labels"}


def test_a_plugin_is_known_by_its_name_and_by_its_package():
    by_name, by_package = (
        [(kind, name, str(check)) for kind, name, check in plugin_checks(word)] for word in ("losses", "gpreg-losses")
    )
    assert by_name == by_package
    assert {name for kind, name, _ in by_name if kind == "loss"} == {spec.name for spec in load_registry().list("loss")}


def test_the_nearest_plugin_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'losses'"):
        list(plugin_checks("loses"))

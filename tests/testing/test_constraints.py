"""The kit finds what a constraint can get wrong: one wrong constraint for each check."""

import pytest
import torch
from fixtures.kits import outcomes
from torch import nn
from torch.nn.utils.parametrize import register_parametrization

from gpreg import ConstraintSpec
from gpreg.errors import UsageError
from gpreg.interfaces import Constraint
from gpreg.testing import constraint_checks


class Box(Constraint):
    def forward(self, network):
        for parameter in network.parameters():
            parameter.clamp_(-0.5, 0.5)


class Unit(nn.Module):
    def forward(self, weight):
        return weight / weight.norm()


class Sphere(Constraint):
    made = Unit

    def attach(self, network):
        for layer in [module for module in network.modules() if isinstance(module, nn.Linear)]:
            register_parametrization(layer, "weight", type(self).made())


class Shrinking(Box):
    def forward(self, network):
        for parameter in network.parameters():
            parameter.mul_(0.5)


class Overflowing(Box):
    def forward(self, network):
        for parameter in network.parameters():
            parameter.fill_(torch.inf)


class Hiding(Unit):
    def __init__(self):
        super().__init__()
        self.own = [torch.ones((), requires_grad=True)]

    def forward(self, weight):
        return self.own[0] * super().forward(weight)


class Cut(Unit):
    def forward(self, weight):
        return super().forward(weight).detach()


class Remembering(Unit):
    def __init__(self):
        super().__init__()
        self.scale = 1 + torch.rand(())

    def forward(self, weight):
        return self.scale * super().forward(weight)


class Noisy(Unit):
    def forward(self, weight):
        return super().forward(weight) + 0.1 * torch.randn_like(weight)


class InDoublePrecision(Unit):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones((), dtype=torch.float64))

    def forward(self, weight):
        return (self.scale * super().forward(weight)).to(weight.dtype)


class Needing(Sphere):
    def attach(self, network):
        if not [module for module in network.modules() if isinstance(module, nn.Linear)]:
            raise UsageError("the network has no linear layer")
        super().attach(network)


class Weighing(Sphere):
    def attach(self, network):
        if float(sum(parameter.sum() for parameter in network.parameters())) != 0:
            super().attach(network)


def sphere_of(part):
    return type("Made", (Sphere,), {"made": part})


def failures(factory, by="parametrisation", **others):
    spec = ConstraintSpec(name="subject", summary="under test", factory=factory, by=by)
    return outcomes("constraint", spec, lambda name: constraint_checks(name, **others))


@pytest.mark.parametrize(("factory", "by"), [(Box, "projection"), (Sphere, "parametrisation")])
def test_what_is_right_passes(factory, by):
    assert failures(factory, by) == {}


@pytest.mark.parametrize(
    ("factory", "by", "check"),
    [
        (Box, "parametrisation", "is_as_its_spec_says"),
        (Sphere, "projection", "is_as_its_spec_says"),
        (Overflowing, "projection", "holds_after_a_step"),
        (Shrinking, "projection", "projects_once"),
        (sphere_of(Hiding), "parametrisation", "keeps_the_network_differentiable"),
        (sphere_of(Cut), "parametrisation", "keeps_the_network_differentiable"),
        (sphere_of(Remembering), "parametrisation", "comes_back_from_a_checkpoint"),
        (Weighing, "parametrisation", "is_built_without_memory"),
        (sphere_of(Noisy), "parametrisation", "is_determined_by_the_seed"),
        (sphere_of(InDoublePrecision), "parametrisation", "keeps_dtype_and_device"),
        (Needing, "parametrisation", "refuses_what_it_is_not_for"),
    ],
)
def test_what_is_wrong_is_found(factory, by, check):
    assert check in failures(factory, by)


def test_what_only_its_author_can_tell_is_looked_at():
    assert failures(Box, "projection", holds=lambda network: False) == {
        "holds_after_a_step": "does not hold after a step"
    }

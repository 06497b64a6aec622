"""Every constraint passes the kit, and holds what its formula says after a step."""

import pytest
import torch
from torch import nn

from gpreg import load_registry
from gpreg.testing import constraint_checks

CONSTRAINTS = [spec.name for spec in load_registry().list("constraint") if spec.package == "gpreg-constraints"]


def singular_values(network):
    """Of each weight as a matrix (outputs, rest)."""
    for layer in network:
        if isinstance(weight := getattr(layer, "weight", None), torch.Tensor):
            outputs_first = weight.movedim(1, 0) if isinstance(layer, nn.ConvTranspose2d) else weight
            yield torch.linalg.svdvals(outputs_first.detach().flatten(1))


HELD = [
    ("clipping", {"bound": 0.1}, lambda network: all(bool((p.abs() <= 0.1).all()) for p in network.parameters())),
    (
        "spectral-norm",
        {"iterations": 200},
        lambda network: all(abs(float(s[0]) - 1) < 1e-6 for s in singular_values(network)),
    ),
    ("weight-norm", {}, None),
    ("san", {}, lambda network: abs(float(network[-1].weight.norm()) - 1) < 1e-12),
    (
        "orthogonal-projection",
        {"gain": 0.5},
        lambda network: all(torch.allclose(s, torch.full_like(s, 0.5)) for s in singular_values(network)),
    ),
    (
        "orthogonal-projection",
        {"band": 0.5},
        lambda network: all(
            bool((s - 1.5 < 1e-9).all() and (s - 2 / 3 > -1e-9).all()) for s in singular_values(network)
        ),
    ),
]


def test_every_constraint_is_looked_at():
    assert {name for name, _, _ in HELD} == set(CONSTRAINTS)


@pytest.mark.parametrize(
    "check",
    [check for name, options, holds in HELD for check in constraint_checks(name, options, holds=holds)],
    ids=lambda check: f"{check}-{dict(check.subject.options)}",
)
def test_conforms(check):
    check()

"""Every regularizer passes the kit, on points, and those with an augmentation on images too."""

import pytest
import torch

from gpreg import load_registry
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of
from gpreg.testing import regularizer_checks

SPECS = [spec for spec in load_registry().list("regularizer") if spec.package == "gpreg-regularizers"]
GIVEN = ("real", "fake", "latent", "d_real", "d_fake")
AUGMENTED = [spec.name for spec in SPECS if "augmentation" in {info.name for info in describe(options_of(spec, "r"))}]


def cases():
    for spec in SPECS:
        yield from regularizer_checks(spec.name)
        if spec.name in AUGMENTED:
            yield from regularizer_checks(spec.name, {"augmentation": "noise"})
    yield from regularizer_checks("lecam", {"form": "two-sided"})
    yield from regularizer_checks("orthogonal", {"player": "critic"})
    yield from regularizer_checks("mode-seeking", {"form": "negative"})
    yield from regularizer_checks("feature-matching", {"norm": "l1"})


def test_the_consistencies_have_an_augmentation():
    assert AUGMENTED == ["consistency", "balanced-consistency", "improved-consistency"]


@pytest.mark.parametrize("check", list(cases()), ids=str)
def test_conforms(check):
    check()


@pytest.mark.parametrize("name", ["drift", "lecam", "feature-matching", "mode-seeking"])
def test_a_batch_that_holds_each_sample_twice_has_the_same_value(made, batch, draw, name):
    critic = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    real, fake, z = draw(6, 2), draw(6, 2, seed=1), draw(6, 3, seed=2)
    values = []
    for times in (1, 2):
        twice = [x.repeat_interleave(times, 0) for x in (real, fake, z)]
        outputs = [critic(x).squeeze(1) for x in twice[:2]]
        values.append(made(name)(batch(critic, **dict(zip(GIVEN, [*twice, *outputs], strict=True)))))
    torch.testing.assert_close(*values)

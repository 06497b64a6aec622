"""Everything that is registered is recognised, whoever registered it."""

from typing import Any

import pytest
import torch

import gpreg
from gpreg.interfaces import GradientForm, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.registry import Registry
from gpreg_verify import examine

UNNAMED = {"wgan", "latent-path"}
"""No penalty, and one that needs a generator with its latent codes."""
SAME_POINTS = {"mixture": "pd+pg"}
"""With its default options."""
MEASURES = [spec.name for spec in gpreg.load_registry().list("measure") if spec.name not in UNNAMED]
FORMS = [spec.name for spec in gpreg.load_registry().list("form")]


@pytest.mark.parametrize("measure", MEASURES)
def test_each_measure_with_its_own_form(measure: str) -> None:
    found = examine(gpreg.penalty(measure, rho=6.0))
    assert found.right, found.text
    assert found.identified
    assert (found.identified.measure, found.identified.rho) == (SAME_POINTS.get(measure, measure), 6.0)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_at_real_samples(form: str) -> None:
    found = examine(gpreg.penalty("pd", rho=6.0, form=form))
    assert found.right, found.text
    assert found.identified
    assert (found.identified.measure, found.identified.form, found.identified.rho) == ("pd", form, 6.0)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"measure": "pd", "form": "one-centered", "form_options": {"centre": 0.3}}, {"centre": 0.3}),
        ({"measure": "pd", "form": "one-sided", "form_options": {"squared": False}}, {"squared": False}),
        ({"measure": "pd", "form": "power", "form_options": {"p": 3.0}}, {"p": 3.0}),
        (
            {"measure": "dragan", "measure_options": {"noise": "gaussian", "scale": 0.2}},
            {"noise": "gaussian", "scale": 0.2},
        ),
    ],
)
def test_options_are_found_too(settings: dict[str, Any], options: dict[str, Any]) -> None:
    found = examine(gpreg.penalty(**settings))
    assert found.right, found.text
    assert found.identified
    assert found.identified.options == options


@pytest.mark.parametrize("settings", [{"every": 4}, {"of": "sigmoid"}, {"estimator": "finite-difference"}])
def test_laziness_sigmoid_and_differences_do_not_change_the_name(settings: dict[str, Any]) -> None:
    found = examine(gpreg.penalty("pd", rho=6.0, **settings))
    assert found.right, found.text
    assert found.identified
    assert (found.identified.measure, found.identified.form, found.identified.rho) == ("pd", "squared", 6.0)
    assert ("sigmoid" in found.text) == (settings.get("of") == "sigmoid")


class Beyond(PenaltyMeasure):
    """Points beyond the real sample, as seen from the fake one."""

    needs = frozenset({"real", "fake"})

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        a = torch.rand(len(batch.real), *[1] * (batch.real.ndim - 1), generator=batch.rng, dtype=batch.real.dtype)
        return PenaltySample(points=batch.real + a * (batch.real - batch.fake))


class Capped(GradientForm):
    """``min(|g|^2, 1)``."""

    def __call__(self, grad: torch.Tensor) -> torch.Tensor:
        return grad.flatten(1).square().sum(1).clamp(max=1)


def beyond_and_capped(critic: Any, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (real + a * (real - fake)).detach().requires_grad_()
    (grad,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return 3 * grad.flatten(1).square().sum(1).clamp(max=1).mean()


def test_what_another_plugin_registers_is_found() -> None:
    assert not examine(beyond_and_capped).identified
    specs = {
        "measure": (gpreg.MeasureSpec(name="beyond", factory=Beyond, summary="beyond the real samples"),),
        "form": (gpreg.FormSpec(name="capped", factory=Capped, summary="at most 1", formula="min(|g|^2, 1)"),),
    }
    own = PluginRecord(name="own", package="own", version="1", module="own", specs=specs)
    with Registry((*gpreg.load_registry().records, own)).activate():
        found = examine(beyond_and_capped)
    assert found.right, found.text
    assert found.identified
    assert (found.identified.measure, found.identified.form, found.identified.rho) == ("beyond", "capped", 6.0)

import pytest

from gpreg import load_registry
from gpreg.testing import form_checks, measure_checks

MEASURES = [spec.name for spec in load_registry().list("measure")]
FORMS = [spec.name for spec in load_registry().list("form")]

VARIANTS = [
    ("g-anc", {"anchor": "grey", "level": 0.25}),
    ("g-anc", {"anchor": "pixels", "seed": 3}),
    ("dragan", {"noise": "gaussian", "scale": 0.1}),
    ("box", {"low": -2, "high": 3}),
    ("js", {"detach": True}),
    ("mixture", {"parts": "pd,mid,js", "weights": "1,0.5,2"}),
    ("mixture", {"parts": "wgan,latent-path", "options": {"wgan": {"clip": 0.1}}}),
]


@pytest.mark.parametrize("check", [check for name in MEASURES for check in measure_checks(name)], ids=str)
def test_registered_measure(check):
    check()


@pytest.mark.parametrize(
    "check",
    [check for name, options in VARIANTS for check in measure_checks(name, options, shapes=[(2,), (4, 3, 5)])],
    ids=str,
)
def test_measure_with_options(check):
    check()


@pytest.mark.parametrize(
    "check",
    [check for name in FORMS for check in form_checks(name)]
    + form_checks("one-sided", {"squared": False})
    + form_checks("power", {"k": 1, "p": 1.5})
    + form_checks("one-centered", {"centre": 0.5}),
    ids=str,
)
def test_registered_form(check):
    check()

"""The conformance kit: checks that every measure, form, loss and architecture must pass, for the tests of plugins::

@pytest.mark.parametrize("check", measure_checks("my-measure"), ids=str)
def test_my_measure_conforms(check):
    check()
"""

from gpreg.testing.architectures import architecture_checks
from gpreg.testing.critics import LinearCritic, QuadraticCritic
from gpreg.testing.forms import form_checks
from gpreg.testing.losses import loss_checks
from gpreg.testing.measures import MeasureCase, measure_checks

__all__ = [
    "LinearCritic",
    "MeasureCase",
    "QuadraticCritic",
    "architecture_checks",
    "form_checks",
    "loss_checks",
    "measure_checks",
]

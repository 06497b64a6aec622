"""The conformance kit: checks that all must pass that a plugin supplies, for the tests of plugins::

    @pytest.mark.parametrize("check", measure_checks("my-measure"), ids=str)
    def test_my_measure_conforms(check):
        check()

There is a kit for every kind, and :func:`plugin_checks` is all of them on all that a plugin supplies.
"""

from gpreg.testing.advisors import advisor_checks as advisor_checks
from gpreg.testing.architectures import architecture_checks as architecture_checks
from gpreg.testing.augmentations import augmentation_checks as augmentation_checks
from gpreg.testing.commands import command_checks as command_checks
from gpreg.testing.constraints import constraint_checks as constraint_checks
from gpreg.testing.critics import LinearCritic as LinearCritic
from gpreg.testing.critics import QuadraticCritic as QuadraticCritic
from gpreg.testing.datasets import dataset_checks as dataset_checks
from gpreg.testing.executors import executor_checks as executor_checks
from gpreg.testing.findings import check_checks as check_checks
from gpreg.testing.forms import form_checks as form_checks
from gpreg.testing.losses import loss_checks as loss_checks
from gpreg.testing.measures import MeasureCase as MeasureCase
from gpreg.testing.measures import measure_checks as measure_checks
from gpreg.testing.metrics import metric_checks as metric_checks
from gpreg.testing.observers import observer_checks as observer_checks
from gpreg.testing.plugins import plugin_checks as plugin_checks
from gpreg.testing.recipes import recipe_checks as recipe_checks
from gpreg.testing.regularizers import regularizer_checks as regularizer_checks
from gpreg.testing.scored import Scored as Scored
from gpreg.testing.sweeps import sweep_checks as sweep_checks
from gpreg.testing.things import thing_checks as thing_checks

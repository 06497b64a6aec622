"""Fixtures for the tests of plugins, which pytest loads with ``-p gpreg.testing.pytest_plugin``.

All names begin with ``gpreg_``, or are those of batches and critics that only tests of penalties ask for. To check all
that a package supplies, write ``gpreg_plugin = "my-package"`` in the table ``[tool.pytest.ini_options]``, and::

    def test_conforms(gpreg_check):
        gpreg_check()
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gpreg import Run
    from gpreg.testing.batch import Batch
    from gpreg.testing.calling import Called
    from gpreg.testing.checks import Check
    from gpreg.testing.critics import LinearCritic, QuadraticCritic

NAME = "gpreg_plugin"
"""The ini option, and with dashes the option of the command line."""

_CHECK = "gpreg_check"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option ``gpreg_plugin`` and the option ``--gpreg-plugin``."""
    group = parser.getgroup("gpreg", "conformance of gpreg's plugins")
    told = "plugin or package that the fixture gpreg_check checks, as `gpreg plugins` names it"
    group.addoption("--gpreg-plugin", metavar="NAME", action="append", default=None, help=f"{told}; may be repeated")
    parser.addini(NAME, f"{told}; several are separated by spaces", type="args", default=[])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each check for a test that asks for ``gpreg_check``."""
    if _CHECK not in metafunc.fixturenames:
        return
    names = metafunc.config.getoption("--gpreg-plugin") or metafunc.config.getini(NAME)
    if not names:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid} asks for {_CHECK}, and nothing says which plugin to check: write "
            f'{NAME} = "NAME" in [tool.pytest.ini_options], or give --gpreg-plugin NAME'
        )
    from gpreg.errors import UsageError
    from gpreg.testing.plugins import plugin_checks

    try:
        found = [entry for name in names for entry in plugin_checks(name)]
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    ids = [f"{kind}-{check}" for kind, _, check in found]
    metafunc.parametrize(_CHECK, [check for _, _, check in found], ids=ids)


@pytest.fixture
def penalty_batch() -> "Callable[..., Batch]":
    """Real and fake samples with everything that a measure may need, in float64.

    ``penalty_batch(shape=(2,), n=16, classes=None, seed=0)`` returns them; calls with the same arguments return equal
    ones. ``batch.arguments`` are the keywords of a penalty's call::

        def test_my_penalty(penalty_batch, linear_critic):
            batch = penalty_batch(shape=(3, 8, 8))
            critic = linear_critic((3, 8, 8))
            value = gpreg.penalty("my-measure", rho=2.0)(critic, **batch.arguments)
            assert value.item() == pytest.approx(critic.weight.square().sum().item())
    """
    from gpreg.testing.batch import batch

    return batch


@pytest.fixture
def linear_critic() -> "type[LinearCritic]":
    """The critic ``D(x) = <w, x> + b_y``, whose gradient is w everywhere: ``linear_critic(shape, scale=1.0, seed=0)``.

    In float64; ``critic.gradient(x)`` is the gradient::

        def test_the_form_of_a_zero_gradient(linear_critic, penalty_batch):
            critic = linear_critic((2,), scale=0.0)
            assert gpreg.penalty("my-measure", rho=2.0)(critic, **penalty_batch().arguments).item() == 0
    """
    from gpreg.testing.critics import LinearCritic

    return LinearCritic


@pytest.fixture
def quadratic_critic() -> "type[QuadraticCritic]":
    """The critic ``D(x) = <x, A x> / 2 + <w, x>``, whose gradient is ``A x + w``: ``quadratic_critic(shape, seed=0)``.

    In float64; ``critic.gradient(x)`` is the gradient::

        def test_where_my_measure_looks(quadratic_critic, penalty_batch):
            critic, batch = quadratic_critic((2,)), penalty_batch()
            expected = critic.gradient(batch.real).square().sum(1).mean().item()
            value = gpreg.penalty("pd", rho=2.0)(critic, **batch.arguments)
            assert value.item() == pytest.approx(expected)
    """
    from gpreg.testing.critics import QuadraticCritic

    return QuadraticCritic


@pytest.fixture
def gpreg_call() -> "Callable[..., Called]":
    """A function that runs one ``gpreg`` command in this process: returns ``code``, ``out``, ``err`` and ``json``.

    ::

        def test_it_is_listed(gpreg_call):
            result = gpreg_call("list-measures", "--json")
            assert result.code == 0
            assert "my-measure" in [row["name"] for row in result.json["measures"]]
    """
    from gpreg.testing.calling import call

    return call


@pytest.fixture
def gpreg_run(tmp_path: Any) -> "Callable[..., Run]":
    """A function that trains a few steps in ``tmp_path`` and returns the run; its keywords are those of an experiment.

    Without a recipe it is a small one of gpreg's own, on points in the plane, which needs no other plugin::

        def test_it_trains(gpreg_run):
            run = gpreg_run(measure="my-measure", steps=5)
            assert run.step == 5
    """
    from gpreg.testing.training import trained

    def run(recipe: Any = None, **choices: Any) -> "Run":
        number = sum(1 for _ in tmp_path.glob("run-*"))
        return trained(tmp_path / f"run-{number}", recipe, **choices)

    return run


@pytest.fixture
def gpreg_checks() -> "Callable[[str, str], list[Check]]":
    """A function that makes the checks of one thing of any kind, with default options: ``gpreg_checks(kind, name)``.

    For a test of a thing that another test has just made::

        def test_a_file_conforms(gpreg_checks):
            for check in gpreg_checks("measure", "my-measure"):
                check()
    """
    from gpreg.testing.plugins import checks_of

    return checks_of

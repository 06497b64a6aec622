"""The conformance kit: checks that all must pass that a plugin supplies, for the tests of plugins::

    @pytest.mark.parametrize("check", measure_checks("my-measure"), ids=str)
    def test_my_measure_conforms(check):
        check()

There is a kit for every kind, and :func:`plugin_checks` is all of them on all that a plugin supplies. The names, which
``__init__.pyi`` lists, are imported when they are first used, so that :mod:`gpreg.testing.pytest_plugin` is loaded
without torch.
"""

from gpreg.stub import public_names as _public_names

__all__, __getattr__ = _public_names(__name__, __file__)


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})

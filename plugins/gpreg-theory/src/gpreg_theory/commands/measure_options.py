"""Options of compared measures: ``-M KEY=VALUE`` for all that have the option, ``-M MEASURE.KEY=VALUE`` for one."""

from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of
from gpreg.registry.registry import Registry


def measures_with_options(names: list[str], given: dict[str, Any], registry: Registry) -> dict[str, dict[str, Any]]:
    """The options of each measure.

    Raises:
        UnknownNameError: there is no such measure.
        UsageError: none of the measures has an option.
    """
    if not names:
        return {}
    known = {
        name: {info.name for info in describe(options_of(registry.get("measure", name), "measure"))} for name in names
    }
    shared = {key: value for key, value in given.items() if key not in known}
    every = {key for keys in known.values() for key in keys}
    for key in shared:
        if key not in every:
            raise UsageError(
                f"no measure that is chosen has an option {key!r}{did_you_mean(key, every)}",
                remedy="`gpreg show measure NAME` shows its options",
            )
    return {
        name: {key: value for key, value in shared.items() if key in known[name]} | _table(name, given)
        for name in names
    }


def _table(name: str, given: dict[str, Any]) -> dict[str, Any]:
    own = given.get(name, {})
    if not isinstance(own, dict):
        raise UsageError(f"-M {name}={own} sets no option of {name}", remedy=f"write -M {name}.KEY=VALUE")
    return own

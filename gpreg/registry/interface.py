"""Check that what a factory built has the interface of its kind."""

from importlib import import_module
from typing import Any

from gpreg.errors import PluginError
from gpreg.registry.kinds import I_co, Kind
from gpreg.registry.reference import supplied
from gpreg.registry.spec import Spec
from gpreg.registry.wording import reason_of, type_name

_HOME = "gpreg.interfaces"


def interface_of(kind: Kind[Any, I_co]) -> type[I_co]:
    """Import the class whose instances the factories of a kind must build."""
    module, _, name = str(kind.interface).partition(":")
    interface: type[I_co] = getattr(import_module(module), name)
    return interface


def checked(built: Any, kind: Kind[Spec, Any], spec: Spec) -> Any:
    """Return the object itself if it is an instance of its kind's interface and keeps the interface's contract.

    Raises:
        PluginError: it is not or does not; the message names the plugin, what it built and what was expected.
    """
    if kind.interface is None:
        return built
    interface = interface_of(kind)
    module, _, name = kind.interface.partition(":")
    called = name if module == "builtins" else f"{module}.{name}"
    if not _is_instance(built, interface):
        is_class = issubclass(type(built), type) and issubclass(built, interface)
        came = f"the class {type.__repr__(built)} instead of an instance" if is_class else f"a {type_name(built)}"
        raise PluginError(
            f"{supplied(spec, kind.name)} builds {came}, which is no {called}",
            remedy=f"its factory must return an instance of {called}",
        )
    if module == _HOME:
        try:
            problem = import_module(f"{_HOME}.contract").broken_promise(built)
        except Exception as error:
            problem = f"cannot be looked at: {reason_of(error)}"
        if problem:
            raise PluginError(f"{supplied(spec, kind.name)} {problem}")
    return built


def _is_instance(built: Any, interface: type) -> bool:
    try:
        return isinstance(built, interface)
    except Exception:  # the object's __class__ may be a property that raises
        return False

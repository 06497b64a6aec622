"""Import the objects that a spec names as ``"module:attribute"``."""

from dataclasses import is_dataclass
from importlib import import_module
from typing import Any

from gpreg.errors import GpregError, PluginError
from gpreg.registry.options import fault
from gpreg.registry.quarantine import quarantine
from gpreg.registry.spec import Spec
from gpreg.registry.wording import reason_of, shown


def factory_of(spec: Spec, kind: str) -> Any:
    """The class or function that builds what a spec describes.

    Raises:
        PluginError: the module does not import, or has no such attribute.
    """
    return _imported(spec.factory, spec, kind)


def options_of(spec: Spec, kind: str) -> type | None:
    """The dataclass of the options of what a spec describes; ``None`` if it has no options.

    Raises:
        PluginError: the module does not import or has no such attribute, or the attribute is no dataclass, or one
            whose fields cannot be explained.
    """
    options = _imported(spec.options, spec, kind)
    if options is None:
        return None
    if not (isinstance(options, type) and is_dataclass(options)):
        raise PluginError(f"options of {supplied(spec, kind)} must be a dataclass, not {shown(options)}")
    try:
        problem = fault(options)
    except GpregError:
        raise
    except Exception as error:
        problem = f"cannot be read: {reason_of(error)}"
    if problem:
        raise PluginError(f"the options class of {supplied(spec, kind)} {problem}")
    return options


def _imported(reference: Any, spec: Spec, kind: str) -> Any:
    if not isinstance(reference, str):
        return reference
    module, _, attribute = reference.partition(":")
    try:
        with quarantine():
            return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{supplied(spec, kind)} does not import: {reason_of(error)}") from error


def supplied(spec: Spec, kind: str) -> str:
    """The name and origin of a thing, for errors: ``measure 'mid' of gpreg-measures 0.1.0``.

    A thing that no package supplies is ``measure 'a.py:Mid', Mid (a.py:3),``.
    """
    if spec.place:
        return f"{kind} {spec.name!r}, {spec.place},"
    return f"{kind} {spec.name!r} of {spec.package} {spec.version}"

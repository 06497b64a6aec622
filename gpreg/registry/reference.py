"""What a spec names without importing it: ``"module:attribute"`` -> the object."""

from dataclasses import is_dataclass
from importlib import import_module
from typing import Any

from gpreg.errors import PluginError
from gpreg.registry.specs import Spec


def factory_of(spec: Spec, kind: str) -> Any:
    """What builds the thing: a class or function.

    Raises:
        PluginError: the module does not import, or has no such attribute.
    """
    return _imported(spec.factory, spec, kind)


def options_of(spec: Spec, kind: str) -> type | None:
    """The dataclass of its options; ``None`` without options.

    Raises:
        PluginError: the module does not import, has no such attribute, or that is no dataclass.
    """
    options = _imported(spec.options, spec, kind)
    if options is not None and not (isinstance(options, type) and is_dataclass(options)):
        raise PluginError(f"options of {supplied(spec, kind)} must be a dataclass, not {options!r}")
    return options


def _imported(reference: Any, spec: Spec, kind: str) -> Any:
    if not isinstance(reference, str):
        return reference
    module, _, attribute = reference.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(f"{supplied(spec, kind)} does not import: {reason}") from error


def supplied(spec: Spec, kind: str) -> str:
    """What errors call a thing: ``measure 'mid' of gpreg-measures 0.1.0``."""
    return f"{kind} {spec.name!r} of {spec.package} {spec.version}"

"""The checks of all that a plugin supplies."""

import ast
from collections.abc import Callable, Iterator

from gpreg.errors import GpregError, UnknownNameError
from gpreg.interfaces import SampleSpec
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import ARCHITECTURE, DATASET
from gpreg.registry.registry import Registry, load_registry
from gpreg.registry.specs import ArchitectureSpec
from gpreg.runs.adoption import adopted
from gpreg.testing.advisors import advisor_checks
from gpreg.testing.architectures import architecture_checks
from gpreg.testing.augmentations import augmentation_checks
from gpreg.testing.checks import Check
from gpreg.testing.commands import command_checks
from gpreg.testing.constraints import constraint_checks
from gpreg.testing.datasets import dataset_checks
from gpreg.testing.executors import executor_checks
from gpreg.testing.findings import check_checks
from gpreg.testing.forms import form_checks
from gpreg.testing.losses import loss_checks
from gpreg.testing.measures import measure_checks
from gpreg.testing.metrics import metric_checks
from gpreg.testing.observers import observer_checks
from gpreg.testing.recipes import recipe_checks
from gpreg.testing.registration import registration_checks
from gpreg.testing.regularizers import regularizer_checks
from gpreg.testing.sweeps import sweep_checks
from gpreg.testing.things import Thing

SHAPES = ((2,), (3, 32, 32), (1, 32, 32), (1, 28, 28), (3, 64, 64))
"""Shapes on which an architecture is tried if its spec names no dataset with a known shape."""

CLASSES = 3

KITS: dict[str, Callable[[str], list[Check]]] = {
    "measure": measure_checks,
    "form": form_checks,
    "loss": loss_checks,
    "regularizer": regularizer_checks,
    "constraint": constraint_checks,
    "augmentation": augmentation_checks,
    "dataset": dataset_checks,
    "metric": metric_checks,
    "observer": observer_checks,
    "executor": executor_checks,
    "recipe": recipe_checks,
    "sweep": sweep_checks,
    "command": command_checks,
    "check": check_checks,
    "advisor": advisor_checks,
}
"""The kit of every kind but architectures, whose networks are built for a shape."""


def plugin_checks(name: str) -> Iterator[tuple[str, str, Check]]:
    """Every check of a plugin and all that it supplies, with kind (``plugin`` first) and name of what it is about.

    Args:
        name: name of a plugin or of its package, as ``gpreg plugins`` lists them.

    Raises:
        UnknownNameError: there is no such plugin.

    >>> kinds = {kind for kind, _, _ in plugin_checks("gpreg-measures")}
    >>> sorted(kinds)
    ['form', 'measure', 'plugin']
    """
    registry = load_registry()
    records = [record for record in registry.records if name in (record.name, record.package)]
    if not records:
        known = dict.fromkeys(word for record in registry.records for word in (record.name, record.package))
        raise UnknownNameError("plugin", name, known, listing="gpreg plugins")
    for record in records:
        yield from _of(record)


def checks_of(kind: str, name: str) -> list[Check]:
    """Every check of one thing of any kind, with its default options.

    >>> print(checks_of("recipe", "plane")[-1])
    plane-tells_why_a_number_is_a_guess

    Raises:
        UnknownNameError: no plugin supplies it.
    """
    registry = load_registry()
    spec = registry.get(kind, name)
    return _of_architecture(spec, registry) if isinstance(spec, ArchitectureSpec) else KITS[kind](name)


def _of(record: PluginRecord) -> Iterator[tuple[str, str, Check]]:
    if record.specs:  # one that does not load has none
        yield from (("plugin", record.name, check) for check in registration_checks(record))
    for kind, specs in record.specs.items():
        for spec in specs:
            yield from ((kind, spec.name, check) for check in checks_of(kind, spec.name))


def _of_architecture(spec: ArchitectureSpec, registry: Registry) -> list[Check]:
    """The checks of an architecture for the shape of its dataset, or the first one that it can be built for."""
    shape = _shape(spec, registry)
    made = architecture_checks(spec.name, shape=shape)
    if not spec.conditional or not _fits(spec, shape, registry, CLASSES):
        return made
    labelled = architecture_checks(spec.name, shape=shape, classes=CLASSES)
    return made + [check for check in labelled if not isinstance(check.subject, Thing)]


def _shape(spec: ArchitectureSpec, registry: Registry) -> tuple[int, ...]:
    try:
        shape = ast.literal_eval(registry.get(DATASET, spec.dataset or "").shape)
    except (UnknownNameError, ValueError, SyntaxError):  # it names none, or one whose shape is told in words
        return next((shape for shape in SHAPES if _fits(spec, shape, registry)), SHAPES[0])
    return tuple(shape)


def _fits(spec: ArchitectureSpec, shape: tuple[int, ...], registry: Registry, classes: int | None = None) -> bool:
    try:
        architecture = registry.build(ARCHITECTURE, spec.name)
        sample = SampleSpec(shape=shape, value_range=architecture.value_range, classes=classes)
        adopted(architecture, sample, owner=spec.name)
    except GpregError:
        return False
    return True

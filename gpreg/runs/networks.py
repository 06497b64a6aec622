"""Build the two networks of a plan for the samples of its data."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from torch import nn

from gpreg.errors import CheckpointError, UsageError
from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg.recipe import Choice, Recipe
from gpreg.registry.kinds import ARCHITECTURE, DATASET
from gpreg.registry.reference import supplied
from gpreg.registry.registry import Registry
from gpreg.registry.spec import IN_FILE, SESSION
from gpreg.runs.adoption import adopted
from gpreg.runs.constraints import constraints_of
from gpreg.runs.plan import Plan

LARGEST = 2**31
"""Most numbers that a sample may have, and most classes."""


class Networks(NamedTuple):
    """Generator and critic, in float32 on the CPU, initialised from torch's global random state."""

    generator: Generator
    critic: nn.Module


def architecture_of(plan: Plan) -> Architecture:
    """The plan's architecture, to whose value range data are scaled."""
    return plan.build(ARCHITECTURE)


def build_networks(plan: Plan, spec: SampleSpec) -> Networks:
    """Build both networks for samples of one kind, under the recipe's constraints.

    Labels are dropped unless training is conditional.

    Raises:
        UsageError: training is conditional and the samples have no labels; the architecture cannot be built for such
            samples, where the error names combinations that work; a network has nothing that a constraint is for; or
            two constraints are of one network.
        PluginError: a network is no module, fails, or returns a wrong shape.
    """
    recipe, registry = plan.recipe, plan.registry
    architecture, seen = architecture_of(plan), spec_seen(recipe, spec)
    said = plan.spec(ARCHITECTURE)
    try:
        networks = Networks(*adopted(architecture, seen, owner=supplied(said, "architecture")))
    except UsageError as error:
        shape = tuple(spec.shape)
        others = [Choice(name=other.name) for other in registry.list("architecture")]
        fitting = [other.name for other in others if _fits(other, seen, registry)]
        ways = [
            *(f"-D size={size}" for size in _fitting_sizes(recipe, seen, registry)),
            *(f"--arch {name}" for name in fitting),
            f"--dataset {said.dataset or 'NAME, of `gpreg list-datasets`'}",
        ]
        raise UsageError(
            f"architecture {said.name!r} and dataset {recipe.dataset.name!r} do not fit: {error.message} "
            f"(a sample is {shape})",
            remedy=f"try {', or '.join(ways)}",
        ) from error
    for player, constraints in constraints_of(plan).items():
        for name, constraint in constraints.items():
            try:
                constraint.attach(getattr(networks, player))
            except UsageError as error:
                told = f"constraint {name!r} does not fit the {player} of architecture {said.name!r}: {error.message}"
                raise UsageError(told, remedy=error.remedy) from error
    return networks


def spec_seen(recipe: Recipe, spec: SampleSpec) -> SampleSpec:
    """The spec of samples as the networks see it: without labels, unless training is conditional.

    Raises:
        UsageError: training is conditional, but the data has no labels.
    """
    if not recipe.training.conditional:
        return replace(spec, classes=None)
    if spec.classes is None:
        classes = recipe.dataset.options.get("classes", True)  # an option of datasets that give labels only on request
        own = recipe.dataset.name.startswith(f"{SESSION}.") or IN_FILE.fullmatch(recipe.dataset.name)
        raise UsageError(
            f"training.conditional = true needs labels, and the samples of dataset {recipe.dataset.name!r} have none",
            remedy="add --unconditional"
            + ("" if classes else ", or -D classes=true if each subfolder is a class")
            + (", or say how many classes there are, by the dataset's attribute num_classes" if own else ""),
        )
    return spec


def spec_to_table(spec: SampleSpec) -> dict[str, Any]:
    """A spec of samples as JSON data."""
    return {
        "shape": list(spec.shape),
        "value_range": list(spec.value_range) if spec.value_range else None,
        "classes": spec.classes,
    }


def spec_from_table(table: object) -> SampleSpec:
    """The inverse of :func:`spec_to_table`.

    Raises:
        CheckpointError: the table is damaged.
    """
    if not isinstance(table, Mapping) or not {"shape", "value_range", "classes"} <= table.keys():
        raise CheckpointError("the checkpoint is damaged: it does not say what a sample is")
    shape, span, classes = table["shape"], table["value_range"], table["classes"]
    sized = isinstance(shape, list) and 0 < len(shape) <= 8 and all(type(n) is int and n > 0 for n in shape)
    if not sized or math.prod(shape) > LARGEST:
        raise CheckpointError("the checkpoint is damaged: its samples have no shape that samples can have")
    numbers = span is None or (
        isinstance(span, list) and len(span) == 2 and all(type(end) in (int, float) for end in span)
    )
    if not numbers or (span and not -math.inf < span[0] < span[1] < math.inf):
        raise CheckpointError("the checkpoint is damaged: its samples have no range that values can have")
    if classes is not None and not (type(classes) is int and 0 < classes <= LARGEST):
        raise CheckpointError("the checkpoint is damaged: its samples have no number of classes")
    return SampleSpec(shape=tuple(shape), value_range=(span[0], span[1]) if span else None, classes=classes)


def _fits(choice: Choice, seen: SampleSpec, registry: Registry) -> bool:
    """Whether an architecture can be built for such samples; on the meta device, without memory."""
    import torch

    try:
        with torch.device("meta"):
            other = registry.build(ARCHITECTURE, choice.name, choice.options)
            adopted(other, seen, owner=choice.name)
    except Exception:  # an architecture that fails in any way is not recommended
        return False
    return True


def _fitting_sizes(recipe: Recipe, seen: SampleSpec, registry: Registry) -> Iterator[int]:
    """The nearest sizes of square images, below and above, that the recipe's architecture can be built for."""
    size = recipe.dataset.options.get("size")
    if not isinstance(size, int) or seen.shape[1:] != (size, size):
        return  # this dataset has no option for the size of its images
    for candidates in (range(size - 1, size // 2, -1), range(size + 1, 2 * size + 1)):
        for other in candidates:
            if _fits(recipe.architecture, replace(seen, shape=(seen.shape[0], other, other)), registry):
                if _possible(recipe.dataset, other, registry):
                    yield other
                break


def _possible(dataset: Choice, size: int, registry: Registry) -> bool:
    """Whether a dataset accepts this size as an option."""
    try:
        registry.build(DATASET, dataset.name, {**dataset.options, "size": size})
    except UsageError:
        return False
    return True

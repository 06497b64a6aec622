"""The two networks of a recipe, and what one sample is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

from torch import nn

from gpreg.errors import UsageError
from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg.recipe import Recipe
from gpreg.registry.registry import Registry


class Networks(NamedTuple):
    """Generator and critic, in float32 on the CPU, built from torch's global random state."""

    generator: Generator
    critic: nn.Module


def architecture_of(recipe: Recipe, registry: Registry) -> Architecture:
    """The architecture, whose value range says what data is scaled to."""
    choice = recipe.architecture
    return cast(Architecture, registry.build("architecture", choice.name, choice.options))


def build_networks(recipe: Recipe, spec: SampleSpec, registry: Registry) -> Networks:
    """Build both networks for samples of one kind; labels are dropped unless training is conditional.

    Raises:
        UsageError: the architecture cannot be built for such samples; names the pair and one that works.
    """
    architecture = architecture_of(recipe, registry)
    try:
        seen = spec_seen(recipe, spec)
        return Networks(architecture.generator(seen), architecture.critic(seen))
    except UsageError as error:
        own = registry.get("architecture", recipe.architecture.name)
        shape = tuple(spec.shape)
        fitting = [other.name for other in registry.list("architecture") if _fits(other.name, recipe, spec, registry)]
        works = f"--arch {' or --arch '.join(fitting)} for this data, or " if fitting else ""
        raise UsageError(
            f"architecture {own.name!r} and dataset {recipe.dataset.name!r} do not fit: {error.message} "
            f"(a sample is {shape})",
            remedy=f"try {works}--dataset {getattr(own, 'dataset', 'NAME')}",
        ) from error


def spec_seen(recipe: Recipe, spec: SampleSpec) -> SampleSpec:
    """What the networks are told of the samples: without their labels, unless training is conditional.

    Raises:
        UsageError: conditional training of data without labels.
    """
    if not recipe.training.conditional:
        return replace(spec, classes=None)
    if spec.classes is None:
        raise UsageError("it has no labels, which training.conditional needs", remedy="add --unconditional")
    return spec


def spec_to_table(spec: SampleSpec) -> dict[str, Any]:
    """What one sample is, as JSON knows it."""
    return {
        "shape": list(spec.shape),
        "value_range": list(spec.value_range) if spec.value_range else None,
        "classes": spec.classes,
    }


def spec_from_table(table: Mapping[str, Any]) -> SampleSpec:
    """The inverse of :func:`spec_to_table`."""
    low_high = table["value_range"]
    return SampleSpec(
        shape=tuple(table["shape"]),
        value_range=(low_high[0], low_high[1]) if low_high else None,
        classes=table["classes"],
    )


def _fits(name: str, recipe: Recipe, spec: SampleSpec, registry: Registry) -> bool:
    """Whether an architecture, with its default options, can be built for such samples; shapes only."""
    import torch

    try:
        with torch.device("meta"):
            other = cast(Architecture, registry.build("architecture", name))
            other.generator(spec_seen(recipe, spec)), other.critic(spec_seen(recipe, spec))
    except Exception:  # of whatever kind: it is then not to be recommended
        return False
    return True

"""Find choices that contradict each other, as far as that is possible without building anything."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gpreg.errors import UsageError
from gpreg.recipe.optimizers import has_betas, known_optimizers
from gpreg.recipe.recipe import Recipe
from gpreg.registry.kinds import ARCHITECTURE, AUGMENTATION, CONSTRAINT, DATASET, REGULARIZER
from gpreg.registry.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two choices that cannot both hold.

    Attributes:
        choices: the pair, each as ``key = value``.
        because: why they exclude each other.
        instead: choices that would work.
    """

    choices: tuple[str, str]
    because: str
    instead: str

    def __str__(self) -> str:
        first, second = self.choices
        return f"{first} clashes with {second}: {self.because}; choose {self.instead}"


def check_clashes(recipe: Recipe, registry: Registry) -> None:
    """Refuse a recipe that contradicts itself.

    Raises:
        UsageError: there are clashes; the message has a line for each.
    """
    found = clashes(recipe, registry)
    if found:
        raise UsageError("\n".join(map(str, found)))


def clashes(recipe: Recipe, registry: Registry) -> tuple[Clash, ...]:
    """Every clash of a recipe.

    Not found is an architecture that cannot be built for the dataset's samples: that shows when both are built.
    """
    return (
        *_of_labels(recipe, registry),
        *_of_fake_labels(recipe),
        *_of_updates(recipe),
        *_of_sizes(recipe),
        *_of_schedule(recipe),
        *_of_estimators(recipe),
        *_of_lists(recipe),
        *_of_computing(recipe),
    )


def _of_labels(recipe: Recipe, registry: Registry) -> Iterator[Clash]:
    if not recipe.training.conditional:
        return
    conditional = "training.conditional = true"
    architecture = registry.get(ARCHITECTURE, recipe.architecture.name)
    dataset = registry.get(DATASET, recipe.dataset.name)
    if not architecture.conditional:
        others = [spec.name for spec in registry.list(ARCHITECTURE) if spec.conditional]
        yield Clash(
            choices=(conditional, f"architecture.name = {architecture.name!r}"),
            because="its networks take no labels",
            instead=_or("training.conditional = false", "architecture", others),
        )
    if dataset.classes is None and dataset.availability != "folder":
        labelled = [spec.name for spec in registry.list(DATASET) if spec.classes]
        yield Clash(
            choices=(conditional, f"dataset.name = {dataset.name!r}"),
            because="its samples have no labels",
            instead=_or("training.conditional = false", "dataset", labelled),
        )


def _of_fake_labels(recipe: Recipe) -> Iterator[Clash]:
    training = recipe.training
    if training.fake_labels == "uniform":
        return
    fakes = f"training.fake_labels = {training.fake_labels!r}"
    if not training.conditional:
        yield Clash(
            choices=(fakes, "training.conditional = false"),
            because="without labels there is nothing to choose them by",
            instead="training.fake_labels = 'uniform' or training.conditional = true",
        )
    if training.fake_labels == "batch" and training.generator_batch_size not in (None, training.batch_size):
        yield Clash(
            choices=(fakes, f"training.generator_batch_size = {training.generator_batch_size}"),
            because=f"the real batch has {training.batch_size} labels, one for each fake",
            instead=f"training.generator_batch_size = {training.batch_size} or training.fake_labels = 'frequency'",
        )


def _of_updates(recipe: Recipe) -> Iterator[Clash]:
    training = recipe.training
    if training.conditional and training.critic_fakes == "together":
        yield Clash(
            choices=("training.conditional = true", "training.critic_fakes = 'together'"),
            because="each critic step's fakes have the labels of its own real samples",
            instead="training.critic_fakes = 'each' or training.conditional = false",
        )
    if training.update != "simultaneous":
        return
    simultaneous = "training.update = 'simultaneous'"
    if training.critic_steps > 1:
        yield Clash(
            choices=(simultaneous, f"training.critic_steps = {training.critic_steps}"),
            because="both players move at once, so each moves as often as the other",
            instead="training.critic_steps = 1 or training.update = 'alternating'",
        )
    if training.critic_fakes == "together":
        yield Clash(
            choices=(simultaneous, "training.critic_fakes = 'together'"),
            because="there is one critic step, which has the generator step's own fakes",
            instead="training.critic_fakes = 'each' or training.update = 'alternating'",
        )


def _of_sizes(recipe: Recipe) -> Iterator[Clash]:
    training = recipe.training
    parts = training.accumulate
    sizes = {"batch_size": training.batch_size, "generator_batch_size": training.generator_batch_size}
    common = math.gcd(*filter(None, sizes.values()))
    for name, size in sizes.items():
        if size and size % parts:
            divisor = max(part for part in _divisors(common) if part < parts)
            yield Clash(
                choices=(f"training.accumulate = {parts}", f"training.{name} = {size}"),
                because="a batch is computed in parts of equal size",
                instead=f"training.accumulate = {divisor} or training.{name} = {-(-size // parts) * parts}",
            )


def _divisors(number: int) -> Iterator[int]:
    """The divisors of a number, found with ``sqrt(number)`` divisions."""
    for small in range(1, math.isqrt(number) + 1):
        if number % small == 0:
            yield from (small, number // small)


def _of_schedule(recipe: Recipe) -> Iterator[Clash]:
    schedule = recipe.schedule
    if schedule.beta2_final is not None:
        for player in ("critic_optimizer", "generator_optimizer"):
            optimizer = getattr(recipe, player)
            if not has_betas(optimizer.name):
                yield Clash(
                    choices=(f"schedule.beta2_final = {schedule.beta2_final:g}", f"{player}.name = {optimizer.name!r}"),
                    because="it has no betas",
                    instead=_or("schedule.beta2_final = none", player, list(filter(has_betas, known_optimizers()))),
                )
    key = "training.steps" if schedule.horizon is None else "schedule.horizon"
    end = schedule.horizon or recipe.training.steps
    if schedule.warmup > end:
        yield Clash(
            choices=(f"schedule.warmup = {schedule.warmup}", f"{key} = {end}"),
            because="the learning rate would not have grown to its first value when the schedule ends",
            instead=f"schedule.warmup = {end} or {key} = {schedule.warmup}",
        )
    if schedule.restarts and max(schedule.restarts) >= end:
        before = ",".join(str(start) for start in schedule.restarts if start < end) or "''"
        yield Clash(
            choices=(f"schedule.restarts = {list(schedule.restarts)}", f"{key} = {end}"),
            because=f"the schedule has ended when it would begin anew at {max(schedule.restarts)}",
            instead=f"schedule.restarts = {before} or {key} = {max(schedule.restarts) + 1}",
        )


def _of_estimators(recipe: Recipe) -> Iterator[Clash]:
    penalty = recipe.penalty
    for name, value, takers in (
        ("sigma", penalty.sigma, ("noise",)),
        ("directions", penalty.directions, ("noise", "finite-difference")),
    ):
        if value is not None and penalty.estimator not in takers:
            yield Clash(
                choices=(f"penalty.{name} = {value}", f"penalty.estimator = {penalty.estimator!r}"),
                because=f"{name} is a setting of {' and '.join(takers)}",
                instead=f"penalty.estimator = {' | '.join(map(repr, takers))} or penalty.{name} = none",
            )


def _of_lists(recipe: Recipe) -> Iterator[Clash]:
    for kind in (REGULARIZER, CONSTRAINT, AUGMENTATION):
        names = [choice.name for choice in getattr(recipe, kind.key)]
        for name in {name for name in names if names.count(name) > 1}:
            entry = f"[[{kind.key}]] name = {name!r}"
            yield Clash(
                choices=(entry, entry), because=f"each {kind} is applied once", instead=f"one of the {kind.plural}"
            )
    if recipe.augmentations and recipe.penalty.estimator != "exact":
        yield Clash(
            choices=(
                f"[[augmentations]] name = {recipe.augmentations[0].name!r}",
                f"penalty.estimator = {recipe.penalty.estimator!r}",
            ),
            because="the two values of a difference would be of two different random changes",
            instead="penalty.estimator = 'exact' or augmentations = none",
        )


def _of_computing(recipe: Recipe) -> Iterator[Clash]:
    compute = recipe.compute
    if compute.precision == "fp16" and compute.device.partition(":")[0] == "cpu":
        yield Clash(
            choices=("compute.precision = 'fp16'", f"compute.device = {compute.device!r}"),
            because="half precision with a scaled loss is for CUDA",
            instead="compute.precision = 'bf16' or compute.device = 'cuda'",
        )
    if compute.compile and recipe.augmentations:
        yield Clash(
            choices=("compute.compile = true", f"[[augmentations]] name = {recipe.augmentations[0].name!r}"),
            because="random numbers of the run's own generator cannot be drawn inside the compiled graph",
            instead="compute.compile = false or augmentations = none",
        )
    if compute.compile and recipe.penalty.estimator != "exact":
        yield Clash(
            choices=("compute.compile = true", f"penalty.estimator = {recipe.penalty.estimator!r}"),
            because="what is compiled is the objective with the exact gradient inside",
            instead="compute.compile = false or penalty.estimator = 'exact'",
        )


def _or(first: str, table: str, names: list[str]) -> str:
    return f"{first} or {table}.name = {' | '.join(map(repr, names))}" if names else first

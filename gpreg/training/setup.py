"""The set-up: everything that a plan names, built and on its device, before the first step."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import torch
from torch import Tensor, nn

from gpreg.critics.augmented import AugmentedCritic
from gpreg.critics.calls import preserved_buffers
from gpreg.errors import UsageError
from gpreg.evaluation.labels import LabelLaw, label_law
from gpreg.interfaces import Augmentation, Batch, BatchStream, Data, GANLoss, Generator, SampleSpec
from gpreg.penalties import CriticObjective, Penalty
from gpreg.penalties.assembly import penalty
from gpreg.penalties.compiled import CompiledObjective
from gpreg.recipe import CompleteRecipe, Recipe
from gpreg.registry.kinds import LOSS
from gpreg.runs.data import open_data
from gpreg.runs.networks import Networks, build_networks, spec_seen
from gpreg.runs.plan import Plan
from gpreg.training.additions import added_by, prepare_additions
from gpreg.training.average import Average
from gpreg.training.device import device_for, to_device
from gpreg.training.distributed import Ranks
from gpreg.training.players import Player, build_players
from gpreg.training.precision import Precision
from gpreg.training.roles import CRITIC, GENERATOR
from gpreg.training.seeds import generator_for, seed_for

UNTUNED = 1.0
"""The rho of a set-up with ``rho = auto`` until one is chosen."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Networks, data, optimisers and all else that a run trains with.

    Attributes:
        plan: the plan that was built.
        ranks: the processes of the run.
        device: device of this process.
        data: the training data.
        spec: the spec of samples for which the networks were built.
        labels: law of the labels of generated samples; ``None`` without labels.
        generator, critic: the networks.
        average: average of the generator; ``None``: there is none.
        loss, penalty: the loss of both players, and the penalty of the critic.
        objective: the critic's objective, compiled or not.
        players: the players by name: ``critic``, ``generator``, and ``measure`` if it has parameters.
        stream: the stream of real batches.
        precision: precision of the computation.
        latents, draws, noise: random generators of the fake samples (equal in all processes), and of the measure and
            the noise on real samples (different in each process).
    """

    plan: Plan
    ranks: Ranks
    device: torch.device
    data: Data
    spec: SampleSpec
    labels: LabelLaw | None
    generator: Generator
    critic: nn.Module
    average: Average | None
    loss: GANLoss
    penalty: Penalty
    objective: CriticObjective | CompiledObjective
    players: Mapping[str, Player]
    stream: BatchStream
    precision: Precision
    latents: torch.Generator
    draws: torch.Generator
    noise: torch.Generator

    @property
    def recipe(self) -> CompleteRecipe:
        """The plan's recipe."""
        return self.plan.recipe

    def with_rho(self, rho: float) -> "Setup":
        """The set-up with a number for rho in its recipe."""
        return replace(self, plan=self.plan.revised(penalty=replace(self.recipe.penalty, rho=rho)))

    @cached_property
    def seen_critic(self) -> nn.Module:
        """The critic as both players see it: behind the recipe's augmentations, if there are any."""
        augmentations = [*self.players[CRITIC].augmentations.values()]
        return AugmentedCritic(self.critic, augmentations, self.draws) if augmentations else self.critic

    @property
    def sampled(self) -> Generator:
        """The generator to draw samples from: the average, if there is one."""
        return self.average.generator if self.average else self.generator


def set_up(plan: Plan, *, ranks: Ranks | None = None, data: Data | None = None) -> Setup:
    """Build everything that a plan names.

    Args:
        plan: the plan to be trained.
        ranks: the processes of the run; by default only this one.
        data: the plan's data, if they are open already.

    Raises:
        UsageError: choices clash, where the error names the pair and an alternative; or an addition is impossible.
        DataError: the data are missing, or have fewer samples than one batch.
        PluginError: a plugin is at fault.
    """
    recipe, ranks = plan.recipe, ranks or Ranks()
    settings, seed = recipe.training, recipe.training.seed
    device = device_for(recipe.compute.device, ranks)
    precision = Precision(recipe.compute.precision, device)
    data = data or open_data(plan)
    loss = plan.build(LOSS)
    check_pairs(recipe, loss)
    check_size(recipe, data, ranks)

    torch.manual_seed(seed_for(seed, "networks"))
    generator, critic = build_networks(plan, data.spec)
    for network in (generator, critic):
        to_device(network, device, channels_last=recipe.compute.channels_last)
        ranks.share([*network.parameters(), *network.buffers()])
    torch.manual_seed(seed_for(seed, "global", ranks.rank))

    penalty = build_penalty(plan)
    spec = spec_seen(recipe, data.spec)
    labels = label_law(recipe, spec.classes, data.class_counts)
    prepare(penalty, Networks(generator, critic), data, recipe, device)
    ranks.share([*penalty.parameters(), *penalty.buffers()])

    additions = added_by(plan, penalty.measure)
    prepare_additions(additions, Networks(generator, critic), spec, device)
    check_signs(recipe, loss, additions[CRITIC].augmentations)
    images = (settings.generator_batch_size or settings.batch_size) * ranks.count
    players = build_players(recipe, Networks(generator, critic), penalty, precision, additions)
    for player in players.values():
        ranks.share(buffer for module in player.modules.values() for buffer in module.buffers())
    objective = CriticObjective(loss, penalty, players[CRITIC].terms, averaged=ranks.mean)
    average = None
    if recipe.average.halflife_kimg:
        constraints = players[GENERATOR].constraints.values()
        average = Average(generator, images=images, settings=recipe.average, constraints=constraints)
    return Setup(
        plan=plan,
        ranks=ranks,
        device=device,
        data=data,
        spec=spec,
        labels=labels,
        generator=generator,
        critic=critic,
        average=average,
        loss=loss,
        penalty=penalty,
        objective=CompiledObjective(objective) if recipe.compute.compile else objective,
        players=players,
        stream=data.stream(
            settings.batch_size, seed=seed_for(seed, "data"), device=device, rank=ranks.rank, ranks=ranks.count
        ),
        precision=precision,
        latents=generator_for(seed, "latents", device),
        draws=generator_for(seed, "draws", device, ranks.rank),
        noise=generator_for(seed, "noise", device, ranks.rank),
    )


def initial_critic(setup: Setup) -> nn.Module:
    """A critic with the set-up's initial weights, built anew."""
    recipe = setup.recipe
    with torch.random.fork_rng([]):
        torch.manual_seed(seed_for(recipe.training.seed, "networks"))
        critic = build_networks(setup.plan, setup.data.spec).critic
    return critic.to(setup.device)


def build_penalty(plan: Plan) -> Penalty:
    """Build the penalty of a plan."""
    recipe, settings = plan.recipe, plan.recipe.penalty
    rho = UNTUNED if settings.rho == "auto" else settings.rho
    arguments: dict[str, Any] = {"rho": rho, "estimator": settings.estimator, "every": settings.every}
    options = {"directions": settings.directions, "sigma": settings.sigma}
    with plan.registry.activate():
        return penalty(
            recipe.measure.name,
            form=recipe.form.name,
            measure_options=recipe.measure.options,
            form_options=recipe.form.options,
            estimator_options={name: value for name, value in options.items() if value is not None},
            of=cast(Any, settings.of),
            allow_batch_coupling=settings.allow_batch_coupling,
            check_values="first",
            seed=seed_for(recipe.training.seed, "penalty"),
            **arguments,
        )


def check_pairs(recipe: Recipe, loss: GANLoss) -> None:
    """Refuse a generator batch of another size than the real batch if the loss pairs their samples.

    Raises:
        UsageError: it has another size.
    """
    settings = recipe.training
    size = settings.generator_batch_size or settings.batch_size
    if loss.needs_real and size != settings.batch_size:
        raise UsageError(
            f"loss {recipe.loss.name!r} pairs each fake with a real sample, and training.generator_batch_size = {size} "
            f"is not training.batch_size = {settings.batch_size}",
            remedy=f"choose --set training.generator_batch_size={settings.batch_size}",
        )


def check_signs(recipe: Recipe, loss: GANLoss, augmentations: Mapping[str, Augmentation]) -> None:
    """Refuse an augmentation that reads the signs of D if they mean nothing to the loss.

    Raises:
        UsageError: the loss does not change if a constant is added to D.
    """
    name = next((name for name, augmentation in augmentations.items() if augmentation.reads_signs), None)
    d_real, d_fake = torch.tensor([[0.3, -1.2], [0.7, -0.4]])
    if name and torch.allclose(loss.critic_loss(d_real + 2, d_fake + 2), loss.critic_loss(d_real, d_fake), atol=1e-5):
        raise UsageError(
            f"augmentation {name!r}, as it is chosen, goes by the sign of D on real samples, which means nothing with "
            f"loss {recipe.loss.name!r}: that is the same if a constant is added to D",
            remedy=f"choose --loss non-saturating, or what does without: `gpreg show augmentation {name}` explains",
        )


def check_size(recipe: Recipe, data: Data, ranks: Ranks) -> None:
    """Refuse a batch with more samples than the data have.

    Raises:
        UsageError: it has more; names the largest possible batch.
    """
    asked = recipe.training.batch_size * ranks.count
    if data.size is not None and asked > data.size:
        processes = f" in each of {ranks.count} processes" if ranks.count > 1 else ""
        raise UsageError(
            f"training.batch_size = {recipe.training.batch_size}{processes} clashes with dataset "
            f"{recipe.dataset.name!r}: it has {data.size} samples",
            remedy=f"choose --batch-size {max(data.size // ranks.count, 1)} or less, or another dataset",
        )


def labels_seen(batch: Batch, spec: SampleSpec) -> Tensor | None:
    """The labels of a batch, if the networks see any."""
    return batch.labels if spec.classes is not None else None


def noisy(samples: Tensor, width: float, rng: torch.Generator) -> Tensor:
    """Add noise U(0, width) to real samples ``(B, *x)`` for the critic; with width 0 no random number is drawn."""
    if not width:
        return samples
    return samples + width * torch.rand(samples.shape, generator=rng, device=samples.device, dtype=samples.dtype)


@torch.no_grad()
def prepare(penalty: Penalty, networks: Networks, data: Data, recipe: Recipe, device: torch.device) -> None:
    """Let the measure make its anchors and trainable parts, equal in all processes."""
    rng = generator_for(recipe.training.seed, "measure", device)
    real, labels = data.take(min(recipe.training.batch_size, data.size or recipe.training.batch_size), rng=rng)
    labels = labels if recipe.training.conditional else None
    generator, critic = networks
    z = generator.draw_latent(len(real), rng)
    with preserved_buffers(generator):
        fake = generator(z) if labels is None else generator(z, labels)
    batch = penalty.batch(critic, real, fake, latent=z, labels=labels, generator=generator, rng=rng)
    penalty.prepare(batch)
    penalty.to(device)

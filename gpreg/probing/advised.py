"""Ask the installed advisors for the best coefficient of somebody's networks."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from gpreg.critics.adapted import AdaptedCritic, adapted_generator
from gpreg.critics.sharding import shards
from gpreg.errors import GpregError, PluginError, UsageError
from gpreg.interfaces import ChosenRho, Networks, PenaltyBatch, PenaltySample
from gpreg.interfaces.advisor import fault
from gpreg.penalties.penalty import Penalty
from gpreg.probing.scene import FunctionLoss, Scene
from gpreg.registry.companions import remedy
from gpreg.registry.kinds import ADVISOR
from gpreg.registry.reference import supplied
from gpreg.registry.registry import Registry, load_registry, strict_plugins
from gpreg.registry.specs import AdvisorSpec
from gpreg.registry.wording import reason_of


class PointCritic(nn.Module):
    """An adapted critic as a module: ``(N, *x) [, (N,)] -> (N,)``, whose critic is its submodule."""

    def __init__(self, adapted: AdaptedCritic) -> None:
        super().__init__()
        self.network, self._adapted = adapted.critic, replace(adapted, critic=None)

    def forward(self, points: Tensor, numbers: Tensor | None = None) -> Tensor:
        """One number a point."""
        return replace(self._adapted, critic=self.network)(points, numbers)


class PointGenerator(nn.Module):
    """A generator of nests as a module: ``(N, z) [, (N,)] -> (N, *x)``."""

    def __init__(self, generator: nn.Module, adapted: AdaptedCritic) -> None:
        super().__init__()
        self.network, self._adapted = generator, replace(adapted, critic=None)

    def forward(self, codes: Tensor, numbers: Tensor | None = None) -> Tensor:
        """The points that a critic sees."""
        return adapted_generator(self.network, self._adapted)(codes, numbers)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the advisors say.

    Attributes:
        rho: the best coefficient; ``None``: there is none.
        because: why, or why there is none.
        critic_steps: the most critic steps that the answer cost.
    """

    rho: float | None = None
    because: str
    critic_steps: int = 0


def best_rho(scene: Scene, *, critic_steps: int) -> Answer:
    """The coefficient that the first advisor chooses which chooses any, or why there is none.

    Args:
        scene: the networks, the batch, the penalty and the loss.
        critic_steps: how many critic steps the answer may cost.

    Raises:
        Exception: an advisor fails, and plugins are strict.
    """
    registry = load_registry()
    specs = registry.list(ADVISOR)
    if not specs:
        return Answer(because=f"no advisor is installed that would linearise the game; {remedy(registry)}")
    if reason := _missing(scene):
        return Answer(because=reason)
    try:
        networks = _networks(scene, critic_steps)
    except UsageError as error:  # they are none that a linear game is made of: it says why
        return Answer(because=error.message)
    for spec in specs:
        with scene.kept():
            if answer := _ask(registry, spec, networks):
                return answer
    return Answer(because="no advisor that is installed chooses rho for networks of a loop")


def _ask(registry: Registry, spec: AdvisorSpec, networks: Networks) -> Answer | None:
    """What one advisor says; ``None``: it chooses no rho."""
    try:
        choice = registry.build(ADVISOR, spec.name).rho_for(networks)
        if problem := fault(choice, ChosenRho):
            raise PluginError(f"{supplied(spec, 'advisor')} {problem}")
    except UsageError as error:  # there is none: it says why
        return Answer(because=error.message, critic_steps=networks.critic_steps)
    except Exception as error:  # somebody's code
        if strict_plugins():
            raise
        told = error.message if isinstance(error, GpregError) else f"advisor {spec.name!r} failed: {reason_of(error)}"
        return Answer(because=told, critic_steps=networks.critic_steps)
    if choice is None:
        return None
    spent = int(choice.document.get("critic_steps", networks.critic_steps))
    return Answer(rho=choice.rho, because=choice.because, critic_steps=spent)


def _missing(scene: Scene) -> str:
    """What the linearised game would need and the scene lacks, in words; empty if it has all."""
    if isinstance(scene.loss, FunctionLoss):
        return "the loss is a function, of which nobody knows the derivatives at 0; name it, as in loss='hinge'"
    if not isinstance(scene.critic, nn.Module):
        return f"the critic is a {type(scene.critic).__name__}, whose layers are not known; give an nn.Module"
    if shards(scene.critic):
        return "the critic is sharded over processes, so that it cannot be copied"
    if scene.made.generator is None or scene.made.latent is None:
        return "the fakes are given, and not the generator that made them: how they move with it is not known"
    if not isinstance(scene.made.generator, nn.Module):
        return f"the generator is a {type(scene.made.generator).__name__}, whose parameters are not known"
    return ""


def _networks(scene: Scene, critic_steps: int) -> Networks:
    penalty, batch = scene.batch(whole=True)
    critic, generator = scene.critic, scene.made.generator
    if isinstance(batch.critic, AdaptedCritic):
        if batch.critic.units is not None:
            raise UsageError("the gradient is taken in units of its own (scale=), which the linear game does not know")
        critic, generator = PointCritic(batch.critic), PointGenerator(generator, batch.critic)
    state = batch.rng.get_state()
    return Networks(
        critic=critic,
        generator=generator,
        batch=replace(batch, critic=critic, generator=generator),
        draw=_drawer(penalty, state),
        loss=scene.loss,
        form=penalty.form,
        of=penalty.of,
        critic_steps=critic_steps,
    )


def _drawer(penalty: Penalty, state: Tensor) -> Callable[[PenaltyBatch], PenaltySample | None]:
    def draw(batch: PenaltyBatch) -> PenaltySample | None:
        players = {"critic": copy.deepcopy(batch.critic), "generator": copy.deepcopy(batch.generator)}
        rng = torch.Generator(batch.rng.device).set_state(state)
        return copy.deepcopy(penalty).draw(replace(batch, rng=rng, **players))

    return draw

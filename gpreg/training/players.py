"""The players of a run, each with network, optimiser, terms and constraints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from gpreg.interfaces import Augmentation, Constraint, PenaltyMeasure, Term
from gpreg.penalties import Penalty
from gpreg.recipe import CompleteRecipe
from gpreg.runs.networks import Networks
from gpreg.training.additions import Additions
from gpreg.training.distributed import Ranks
from gpreg.training.optimizers import build_optimizer
from gpreg.training.precision import Precision
from gpreg.training.roles import CRITIC, GENERATOR, MEASURE


@dataclass(frozen=True, kw_only=True)
class Player:
    """A player, which minimises an objective: the critic, the generator, or a measure that has parameters.

    Attributes:
        name: ``critic``, ``generator`` or ``measure``.
        network: the module whose parameters are optimised.
        optimizer: the optimiser of these parameters.
        precision: precision of the computation.
        losses: what it minimises the sum of beside :attr:`terms`, as ``stats.jsonl`` calls it.
        terms: the other scalars that it minimises, by name.
        constraints: what its weights obey after each step, by name.
        augmentations: what its samples go through, by name.
        watched: whether training has diverged where a number of it is not finite.
    """

    name: str
    network: nn.Module
    optimizer: torch.optim.Optimizer
    precision: Precision
    losses: tuple[str, ...]
    terms: Mapping[str, Term] = field(default_factory=dict)
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    augmentations: Mapping[str, Augmentation] = field(default_factory=dict)
    watched: bool = True

    @cached_property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters that are optimised."""
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    @property
    def columns(self) -> tuple[str, ...]:
        """All that it minimises the sum of, and what its augmentations show, as ``stats.jsonl`` calls it."""
        return (*self.losses, *map(self.column, self.terms), *self.shown())

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Terms, constraints and augmentations, whose state is saved with the run."""
        return {**self.terms, **self.constraints, **self.augmentations}

    def shown(self) -> dict[str, Tensor]:
        """What its augmentations show, by the names in ``stats.jsonl``, such as ``critic_ada_p``."""
        return {
            self.column(f"{name}_{key}"): value.detach()
            for name, augmentation in self.augmentations.items()
            for key, value in augmentation.shown.items()
        }

    def column(self, term: str) -> str:
        """The name of a term in ``stats.jsonl``, such as ``critic_lecam``."""
        return f"{self.name}_{term}"

    def backward(self, total: Tensor, parts: int) -> None:
        """Add the gradient of the objective on one of ``parts`` parts of a batch."""
        self.precision.backward(total / parts if parts > 1 else total, self.name, self.parameters)

    def update(self, ranks: Ranks) -> Sequence[Tensor]:
        """One step of the optimiser, with gradients averaged over the processes; the norm of each parameter's."""
        ranks.average_gradients(self.parameters)
        self.precision.unscale(self.optimizer, self.name)
        norms = torch._foreach_norm([torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters])
        self.precision.step(self.optimizer, self.name)
        if self.constraints:
            with torch.no_grad():
                for constraint in self.constraints.values():
                    constraint(self.network)
        return norms


class Projection(Constraint):
    """A measure's projection of the critic's weights, such as clipping, as a constraint.

    Args:
        measure: the measure; its state is saved with the penalty, not here.
    """

    def __init__(self, measure: PenaltyMeasure) -> None:
        super().__init__()
        self.project = measure.project

    def forward(self, network: nn.Module) -> None:
        """Project the critic's weights."""
        self.project(network)


def build_players(
    recipe: CompleteRecipe, networks: Networks, penalty: Penalty, precision: Precision, added: Mapping[str, Additions]
) -> dict[str, Player]:
    """The players of a recipe, by name, in the order of a step.

    Args:
        recipe: says which optimisers.
        networks: on their device.
        penalty: prepared, on the same.
        precision: of critic and generator; a measure is computed in full precision.
        added: what players minimise and obey besides, by the player's name, prepared.

    Raises:
        UsageError: an optimiser refuses an argument.
    """
    generator, critic = networks
    of_critic, of_generator = (added.get(name, Additions()) for name in (CRITIC, GENERATOR))
    fused, learned = recipe.compute.fused, list(penalty.parameters())
    players = [
        Player(
            name=CRITIC,
            network=critic,
            optimizer=build_optimizer(recipe.critic_optimizer, critic.parameters(), player=CRITIC, fused=fused),
            precision=precision,
            losses=("critic_loss", "penalty"),
            terms=of_critic.terms,
            constraints={MEASURE: Projection(penalty.measure), **of_critic.constraints},
            augmentations=of_critic.augmentations,
        ),
        Player(
            name=GENERATOR,
            network=generator,
            optimizer=build_optimizer(
                recipe.generator_optimizer, generator.parameters(), player=GENERATOR, fused=fused
            ),
            precision=precision,
            losses=("generator_loss",),
            terms=of_generator.terms,
            constraints=of_generator.constraints,
        ),
    ]
    if learned:
        measure = Player(
            name=MEASURE,
            network=penalty,
            optimizer=build_optimizer(recipe.critic_optimizer, learned, player=CRITIC, fused=fused),
            precision=Precision("fp32", precision.device),
            losses=("measure_loss",),
            watched=False,  # where it diverges, so does the penalty
        )
        players.append(measure)
    return {player.name: player for player in players}

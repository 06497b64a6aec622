"""What a recipe adds to the players: terms, constraints and augmentations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from gpreg.errors import UsageError
from gpreg.interfaces import Augmentation, Constraint, PenaltyMeasure, SampleSpec, Term
from gpreg.recipe import Recipe
from gpreg.registry.kinds import AUGMENTATION, REGULARIZER
from gpreg.runs.constraints import constraints_of
from gpreg.runs.networks import Networks
from gpreg.runs.plan import Plan
from gpreg.training.roles import CRITIC, GENERATOR

_TAKEN = ("measure", "loss", "gradient", "lr", "gap", "gap_std")
"""What no term or constraint may be called: the measure's projection, and keys of ``stats.jsonl`` after the player."""


@dataclass(frozen=True, kw_only=True)
class Additions:
    """What a player minimises and obeys besides loss, penalty and the measure's projection.

    Attributes:
        terms, constraints: by name.
        augmentations: what its samples go through, by name, in this order; only of the critic.
    """

    terms: Mapping[str, Term] = field(default_factory=dict)
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    augmentations: Mapping[str, Augmentation] = field(default_factory=dict)

    def modules(self) -> list[tuple[str, str, nn.Module]]:
        """Kind, name and module of each."""
        return [
            *(("term", name, module) for name, module in self.terms.items()),
            *(("constraint", name, module) for name, module in self.constraints.items()),
            *(("augmentation", name, module) for name, module in self.augmentations.items()),
        ]


def added_by(plan: Plan, measure: PenaltyMeasure) -> dict[str, Additions]:
    """What the recipe of a plan adds to each player, built anew.

    Args:
        plan: the plan.
        measure: its measure, which may constrain the critic itself.

    Raises:
        UsageError: two constraints of one network contradict each other, or two terms of a player have one name.
        PluginError: a plugin is at fault.
    """
    recipe, build = plan.recipe, plan.registry.build
    terms: dict[str, dict[str, Term]] = {CRITIC: {}, GENERATOR: {}}
    for choice in recipe.regularizers:
        for player, term in build(REGULARIZER, choice.name, choice.options).terms.items():
            terms[player][choice.name] = term
    constraints = constraints_of(plan)
    for constraint in (own for found in constraints.values() for own in found.values()):
        for name, term in constraint.terms.items():
            if name in terms[term.player]:
                raise _two_of_one_name(term.player, name)
            terms[term.player][name] = term
    augmentations = {choice.name: build(AUGMENTATION, choice.name, choice.options) for choice in recipe.augmentations}
    _refuse_two(recipe, constraints.get(CRITIC, {}), measure)
    return {
        CRITIC: Additions(terms=terms[CRITIC], constraints=constraints.get(CRITIC, {}), augmentations=augmentations),
        GENERATOR: Additions(terms=terms[GENERATOR], constraints=constraints.get(GENERATOR, {})),
    }


def _refuse_two(recipe: Recipe, constraints: Mapping[str, Constraint], measure: PenaltyMeasure) -> None:
    """Refuse a constraint of the critic beside a measure that projects its weights itself.

    Raises:
        UsageError: there are both; names them.
    """
    if constraints and type(measure).project is not PenaltyMeasure.project:
        raise UsageError(
            f"measure {recipe.measure.name!r} and constraint {next(iter(constraints))!r} both say what the weights of "
            "the critic obey",
            remedy="choose one of them, or another measure",
        )


def prepare_additions(
    added: Mapping[str, Additions], networks: Networks, spec: SampleSpec, device: torch.device
) -> None:
    """Move what is added to its device, and let it make what depends on networks and samples.

    Raises:
        UsageError: two things of a player have one name, or one needs what is not there.
    """
    of_constraints = {name for own in added.values() for c in own.constraints.values() for name in c.terms}
    for player, additions in added.items():
        names = [name for _, name, _ in additions.modules()]
        if taken := next((name for name in names if name in _TAKEN or names.count(name) > 1), None):
            raise _two_of_one_name(player, taken)
        for kind, name, module in additions.modules():
            called = "regularizer" if kind == "term" and name not in of_constraints else kind
            _prepare(called, name, module, networks, spec)
            module.to(device)


def _two_of_one_name(player: str, name: str) -> UsageError:
    return UsageError(f"the {player} has two things of the name {name!r}", remedy="give each its own")


def _prepare(called: str, name: str, module: nn.Module, networks: Networks, spec: SampleSpec) -> None:
    try:
        if isinstance(module, Term):
            module.prepare(networks.critic, networks.generator, spec)
        elif isinstance(module, Augmentation):
            module.prepare(spec)
    except UsageError as error:
        raise UsageError(f"{called} {name!r}: {error.message}", remedy=error.remedy) from error

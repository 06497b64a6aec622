"""What a game has that the theorem's has not: further terms, augmented samples, projected weights."""

from collections.abc import Iterable

from gpreg.interfaces import Constraint
from gpreg.registry.kinds import CONSTRAINT
from gpreg.training.setup import Setup


def beyond(setup: Setup) -> str:
    """What players minimise, see or obey besides loss and penalty, in words; empty if there is nothing.

    The theorem is about gradient flow on loss and penalty, and so are the linearised game and its best rho. A
    parametrisation is part of the critic that they look at; a projection is not, and neither is a term or an
    augmentation, of which nothing that follows from them speaks.
    """
    registry, told = setup.plan.registry, list[str]()
    said = {choice.name: registry.get(CONSTRAINT, choice.name).by for choice in setup.recipe.constraints}
    for player in setup.players.values():
        if player.terms:
            told.append(f"the {player.name} minimises {_names(player.terms)} as well")
        if player.augmentations:
            told.append(f"the {player.name} sees samples through {_names(player.augmentations)}")
        for name, constraint in player.constraints.items():
            moves = type(constraint).forward is not Constraint.forward and said.get(name) == "projection"
            told += [f"{name!r} projects the weights of the {player.name} after each step"] if moves else []
    return ", and ".join(told)


def _names(things: Iterable[str]) -> str:
    return " and ".join(map(repr, things))

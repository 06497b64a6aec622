"""The constraints of a plan, by player."""

from gpreg.errors import UsageError
from gpreg.interfaces import Constraint
from gpreg.registry.kinds import CONSTRAINT
from gpreg.runs.plan import Plan


def constraints_of(plan: Plan) -> dict[str, dict[str, Constraint]]:
    """What the recipe of a plan lets each player's network obey, built anew, by the player's name and its own.

    Raises:
        UsageError: two of them are of one network: a projection would move what a parametrisation computes the weights
            from, and each of two projections would undo the other.
        PluginError: a plugin is at fault.
    """
    found: dict[str, dict[str, Constraint]] = {}
    for choice in plan.recipe.constraints:
        constraint = plan.registry.build(CONSTRAINT, choice.name, choice.options)
        others = found.setdefault(constraint.player, {})
        if other := next(iter(others), None):
            raise UsageError(
                f"constraint {other!r} and constraint {choice.name!r} both say what the weights of the "
                f"{constraint.player} obey",
                remedy=f"choose one of them; `gpreg show constraint {choice.name}` explains",
            )
        others[choice.name] = constraint
    return found

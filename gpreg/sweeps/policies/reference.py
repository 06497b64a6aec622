"""The ``rho * trace Q`` that the policy ``equal`` gives to all rows of a column, if none is named: the recipe's own."""

from collections.abc import Mapping
from dataclasses import replace

from gpreg.errors import UsageError
from gpreg.runs.plan import Plan
from gpreg.sweeps.policies.fixed import EqualRho
from gpreg.sweeps.policies.policy import Policy


def stated(policy: Policy, plans: Mapping[str, Plan]) -> Policy:
    """The policy with the numbers that it takes from the recipe, so that it means the same when a default has changed.

    Of ``equal`` without a ``trace`` these are, for each column, the ``rho * trace Q`` of the recipe with the
    measure and the rho that it names. They are computed, with torch; every other policy is returned as it is.

    Args:
        policy: the policy.
        plans: for each column the plan of the sweep's recipe, before the choices that make a row.

    Raises:
        UsageError: a recipe's own penalty has no such number; says why.
    """
    if not isinstance(policy, EqualRho) or policy.trace:
        return policy
    from gpreg.training.damping import damping

    found: dict[str, float] = {}
    for column, plan in plans.items():
        try:
            found[column] = damping(plan)
        except UsageError as error:
            raise UsageError(
                f"equal rho * trace Q, of column {column!r}, cannot be that of the recipe: {error.message}",
                remedy="name it, as in trace = 10 below [rho]",
            ) from error
    return replace(policy, trace=found)

"""How strongly a penalty damps in all: the ``rho * trace Q`` of a recipe, as an advisor sees it."""

from dataclasses import replace

from gpreg.errors import UsageError
from gpreg.runs.data import open_data
from gpreg.runs.plan import Plan
from gpreg.training.advice import Advisors
from gpreg.training.device import by_itself
from gpreg.training.setup import set_up


def damping(plan: Plan) -> float:
    """The ``rho * trace Q`` of a plan's penalty at the point where ``rho = auto`` looks.

    It is the recipe's rho divided by the one that an advisor chooses for a ``rho * trace Q`` of 1, so that
    ``rho = auto`` with this as ``rho_trace`` gives the recipe's rho again, to the four digits that an advisor gives.

    Raises:
        UsageError: the recipe's rho is 0 or no number, or no advisor chooses one for it; says why.
    """
    rho = plan.recipe.penalty.rho
    if isinstance(rho, str) or not rho > 0:
        raise UsageError(f"rho is {rho}, so that rho * trace Q is no number above 0", remedy="give --rho a number")
    compute = replace(plan.recipe.compute, device="cpu", precision="fp32", compile=False)
    penalty = replace(plan.recipe.penalty, rho="auto", rho_trace=1.0)
    unit = plan.revised(compute=compute, penalty=penalty)
    with by_itself():
        _, choice = Advisors(unit).choose_rho(set_up(unit, data=open_data(unit)))
    return float(f"{rho / choice.rho:.4g}")

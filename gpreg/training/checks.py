"""What is known of the convergence theorem's assumptions before a run: ``checks.json``."""

from typing import Any, cast

from gpreg.recipe import Recipe
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.registry import Registry
from gpreg.registry.specs import FormSpec, MeasureSpec

VERDICTS = {"holds": "holds", "fails": "violated", "depends": "undecided"}


def declared(recipe: Recipe, registry: Registry) -> dict[str, Any]:
    """The measure's own claims as findings with basis ``declared``; undecided if the form is not the theorem's.

    Returns:
        ``{"schema": 1, "findings": [{"assumption", "verdict", "basis", "evidence", "statistics", "remedy"}]}``
    """
    measure = cast(MeasureSpec, registry.get("measure", recipe.measure.name))
    form = cast(FormSpec, registry.get("form", recipe.form.name if recipe.form else measure.form))
    findings: list[dict[str, Any]] = []
    for claim in measure.claims:
        evidence = (
            claim.because if form.simple else f"form {form.name!r} is not the theorem's: it speaks of |g|^2 alone"
        )
        findings.append(
            {
                "assumption": claim.assumption,
                "verdict": VERDICTS[claim.verdict] if form.simple else "undecided",
                "basis": "declared",
                "evidence": evidence,
                "statistics": {},
                "remedy": None,
                "statement": ASSUMPTIONS[claim.assumption].short,
            }
        )
    return {"schema": 1, "measure": measure.name, "form": form.name, "findings": findings}

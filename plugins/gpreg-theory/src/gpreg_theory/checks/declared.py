"""What plugins declare: the measure's about each assumption, and the form's about whether it is the theorem's."""

from collections.abc import Iterable

from gpreg.registry.assumptions import ASSUMPTIONS, FOUND
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, undecided

OF_THE_PENALTY = tuple(name for name in ASSUMPTIONS if name != "H0")
"""All but H0, which is about the generator alone."""


@deciding(*OF_THE_PENALTY, any_form=True)
def check(case: Case) -> Iterable[Said]:
    """Report what the measure's plugin declares; for a form other than the theorem's, that nothing is known."""
    form = case.form_at_zero
    if not case.of_the_theorem:
        statistics = {"slope": form.slope, "curvature": form.curvature}
        for name in OF_THE_PENALTY:
            yield undecided(_not_of_the_theorem(case), "use the form squared", statistics, of=name)
        return
    for name, claim in case.claims.items():
        if name == "6b" and not case.rho:
            continue  # whatever mu covers, there is no penalty
        evidence = f"depends {claim.because}" if claim.because.startswith("on ") else claim.because
        yield Said(FOUND[claim.verdict], evidence, basis="declared", of=name)


def _not_of_the_theorem(context: Case) -> str:
    """Why a form is not the theorem's, in words."""
    own = context.form_at_zero
    if own.simple:
        return f"not declared to be of the theorem's form |g|^2, though near g = 0 it acts like it: {own.evidence}"
    aside = ", though its package declares it to be" if context.simple else ""
    return f"not of the theorem's form |g|^2{aside}: {own.evidence}"

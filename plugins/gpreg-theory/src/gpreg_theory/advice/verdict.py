"""The verdict on a set-up: what is known about the assumptions of the theorem, as ``checks.json`` records it."""

from dataclasses import replace
from typing import Any

from gpreg.errors import AssumptionViolated, GpregError
from gpreg.interfaces import CheckContext, Moment
from gpreg.interfaces.advisor import START
from gpreg.interfaces.finding import Point
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.registry import strict_plugins
from gpreg.training.setup import Setup
from gpreg_theory.advice.beyond import beyond
from gpreg_theory.advice.points import context_of, zeroed
from gpreg_theory.checks.damping import restricted
from gpreg_theory.checks.declared import check as declared
from gpreg_theory.checks.report import Report
from gpreg_theory.checks.runner import run_checks
from gpreg_theory.networks.equilibrium import NoConstruction

SCHEMA = 1


def check(setup: Setup, moment: Moment = START) -> Report:
    """Check every assumption for a set-up. Nothing of it is changed, and none of its random numbers is drawn.

    Before training, a linear last layer of the critic is zeroed: with D = 0 everywhere, and data in the place of fakes,
    that is an equilibrium by construction. Where that is not possible, and for trained networks, the networks are
    looked at as they are.

    Args:
        setup: the set-up, before training or with trained networks.
        moment: when it is looked at; for trained networks it has the critic at its initial weights, for scale.
    """
    if not setup.recipe.report.check_samples:
        return _claimed(setup, "nothing was measured: report.check_samples is 0")
    notes: tuple[str, ...] = ()
    critic = setup.critic
    point: Point = "equilibrium" if moment.at_rest else "training"
    try:
        if moment.reference is None:
            try:
                critic, point = zeroed(setup), "construction"
            except NoConstruction as error:
                notes = (f"no equilibrium can be constructed: {error.message}",)
        context = context_of(setup, critic, point=point, reference=moment.reference)
    except GpregError as error:  # such as too few samples for two batches, which training may do with
        return _claimed(setup, f"nothing could be measured: {error.message}")
    except Exception as error:  # what fails to judge a choice must not keep anybody from making it
        if strict_plugins():
            raise
        return _claimed(setup, f"nothing could be measured: {type(error).__name__}: {error}")
    report = run_checks(context, setup.plan.registry)
    found, notes = beyond(setup), (*notes, *report.notes)
    damping = restricted(report.damping, found) if report.damping and found else report.damping
    return replace(report, notes=notes, beyond=found, damping=damping)


def _claimed(setup: Setup, note: str) -> Report:
    """A report without measurements: what form and measure's package declare, and a note why that is all."""
    simple = setup.plan.spec(FORM).simple
    nothing: Any = None  # in the place of batches that nobody looks at
    context = CheckContext(
        measure=setup.penalty.measure,
        form=setup.penalty.form,
        loss=setup.loss,
        batch=nothing,
        second_batch=nothing,
        rho=setup.penalty.rho,
        simple=simple,
        claims={claim.assumption: claim for claim in setup.plan.spec(MEASURE).claims},
    )
    return Report(findings=tuple(declared(context)), simple=simple, notes=(note,), beyond=beyond(setup))


def document(report: Report, setup: Setup, *, step: int) -> dict[str, Any]:
    """The report as ``checks.json`` holds it: ``{"schema": 1, "step", "point", the choices, "findings", ...}``."""
    recipe = setup.recipe
    return {
        "schema": SCHEMA,
        "step": step,
        "point": report.point,
        "measure": recipe.measure.name,
        "form": recipe.form.name,
        "loss": recipe.loss.name,
        "architecture": recipe.architecture.name,
        "dataset": recipe.dataset.name,
        **report.to_dict(),
    }


def refusal(report: Report) -> AssumptionViolated | None:
    """Why a strict run must stop: each violated assumption, with its counterexample and what to change."""
    if not report.violated:
        return None
    broken = [report.decisive(name) for name in report.violated]
    told = "\n".join(f"assumption {finding.assumption} is violated: {finding.evidence}" for finding in broken)
    changes = "; ".join(dict.fromkeys(finding.remedy for finding in broken if finding.remedy))
    return AssumptionViolated(told, remedy=changes or "leave out --strict to go on all the same")

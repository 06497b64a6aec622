"""The theory as an advisor of training: verdicts before training and at ticks, ``--strict``, and ``rho = auto``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.interfaces import Advice, Advisor, ChosenRho, Moment, Networks
from gpreg.interfaces.advisor import START
from gpreg.recipe import Recipe
from gpreg.runs.plan import Plan
from gpreg.training.setup import Setup
from gpreg_theory.advice.comparison import comparison
from gpreg_theory.advice.loop import rho_for
from gpreg_theory.advice.rho import tune
from gpreg_theory.advice.stability import NetworkStability, network_stability
from gpreg_theory.advice.verdict import check, document, refusal


class TheoryAdvisor(Advisor):
    """Says which assumptions of the convergence theorem hold, and chooses the best rho of the linearised game."""

    def advise(self, setup: Setup, moment: Moment = START) -> Advice:
        """Make all checks; the document of the advice is what ``checks.json`` holds."""
        report = check(setup, moment)
        measured = moment.step > 0 or setup.recipe.report.check_samples > 0
        notes = () if moment.step else report.notes
        return Advice(
            lines=(f"theorem: {report.conclusion.text}", *notes) if measured else (),
            document=document(report, setup, step=moment.step),
            refusal=refusal(report),
            details=report,
        )

    def choose_rho(self, setup: Setup) -> ChosenRho:
        """Choose the best rho for the strongest modes, or that with the ``rho * trace Q`` that the recipe asks for."""
        return tune(setup).choice

    def rho_for(self, networks: Networks) -> ChosenRho:
        """Choose the best rho for as many of the strongest modes as converge within the cost."""
        return rho_for(networks)

    def compare(self, setup: Setup, chosen_for: Recipe) -> str:
        """Compare ``rho * trace Q`` of this measure and of the one that rho was chosen for, in words."""
        return comparison(setup, chosen_for)

    def recall(self, document: Mapping[str, Any]) -> str | None:
        """The conclusion of an earlier report, if it found an assumption violated."""
        conclusion = document.get("conclusion")
        if not isinstance(conclusion, dict) or conclusion.get("outcome") != "violated":
            return None
        return str(conclusion.get("text"))

    def stability(
        self, plan: Plan, *, run: Path | None = None, step: int | str | None = None, **options: Any
    ) -> NetworkStability:
        """Find the strongest modes; options are those of :func:`gpreg_theory.network_stability`."""
        known = ("construction", "modes", "progress", "find")
        for name in options:
            if name not in known:
                remedy = f"keywords are {', '.join(known)}"
                raise UsageError(f"stability has no keyword {name!r}{did_you_mean(name, known)}", remedy=remedy)
        return network_stability(plan, run=run, step=step, **options)

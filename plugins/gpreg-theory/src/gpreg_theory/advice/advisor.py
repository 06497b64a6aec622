"""The theory as an advisor: the verdict before training and at ticks, ``--strict``, and ``rho = auto``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from gpreg.interfaces import Advice, Advisor, ChosenRho
from gpreg.recipe import Recipe
from gpreg.runs.plan import Plan
from gpreg.training.setup import Setup
from gpreg_theory.advice.checks import check, document, refusal
from gpreg_theory.advice.examine import Examined, examine
from gpreg_theory.advice.fairness import comparison
from gpreg_theory.advice.stability import NetworkStability, network_stability
from gpreg_theory.advice.tuning import tune


class TheoryAdvisor(Advisor):
    """Says which assumptions of the convergence theorem hold, and takes the best rho of the linearised game."""

    def advise(self, setup: Setup, *, step: int = 0, reference: nn.Module | None = None) -> Advice:
        """The report of all checks; its document is ``checks.json``."""
        report = check(setup, reference=reference, trained=step > 0)
        notes = () if step else report.notes
        measured = step > 0 or setup.recipe.report.check_samples > 0
        return Advice(
            lines=(f"theorem: {report.conclusion.text}", *notes) if measured else (),
            document=document(report, setup, step=step),
            refusal=refusal(report),
            details=report,
        )

    def choose_rho(self, setup: Setup) -> ChosenRho:
        """The best rho of the strongest modes, or that of equal ``rho * trace Q``."""
        tuning = tune(setup)
        return ChosenRho(rho=tuning.rho, because=tuning.because, document=tuning.to_dict())

    def compare(self, setup: Setup, chosen_for: Recipe) -> str:
        """How ``rho * trace Q`` of both compare."""
        return comparison(setup, chosen_for)

    def recall(self, document: Mapping[str, Any]) -> str | None:
        """What the report concluded, if it found an assumption violated."""
        conclusion = document.get("conclusion")
        if not isinstance(conclusion, dict) or conclusion.get("outcome") != "violated":
            return None
        return str(conclusion.get("text"))

    def check(self, plan: Plan, *, run: Path | None = None, step: int | str | None = None, **wishes: Any) -> Examined:
        """The report of all checks, with the set-up that they looked at."""
        return examine(plan, run=run, step=step, **wishes)

    def stability(
        self, plan: Plan, *, run: Path | None = None, step: int | str | None = None, **wishes: Any
    ) -> NetworkStability:
        """The strongest modes of the linearised game; wishes are those of :func:`network_stability`."""
        return network_stability(plan, run=run, step=step, **wishes)

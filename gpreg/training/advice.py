"""What the installed advisors say of a run: told, kept in its folder, and obeyed where it is strict."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from gpreg.errors import AssumptionViolated, GpregError, UsageError
from gpreg.interfaces import Advice, Advisor, ChosenRho
from gpreg.recipe import Recipe
from gpreg.registry.kinds import ADVISOR
from gpreg.registry.registry import Registry
from gpreg.registry.specs import AdvisorSpec
from gpreg.runs.folder import RunFolder
from gpreg.runs.plan import Plan
from gpreg.training.distributed import Ranks
from gpreg.training.setup import Setup

THEORY = "`pip install gpreg-theory` brings one"
"""Which package advises, where none does."""

_log = logging.getLogger(__name__)


class Advisors:
    """All advisors that are installed. One that cannot be built is left out, and told.

    Args:
        registry: supplies them.
    """

    def __init__(self, registry: Registry) -> None:
        self._advisors: dict[str, tuple[AdvisorSpec, Advisor]] = {}
        for spec in registry.list(ADVISOR):
            try:
                self._advisors[spec.name] = spec, registry.build(ADVISOR, spec.name)
            except GpregError as error:
                _log.info("advisor %r is left out: %s", spec.name, error)

    def require(self, asked: str) -> None:
        """Refuse what needs an advisor where there is none.

        Raises:
            UsageError: none is installed; names the package that has one.
        """
        if not self._advisors:
            raise UsageError(f"{asked} needs an advisor, and none is installed", remedy=THEORY)

    def before(self, setup: Setup) -> dict[str, Advice]:
        """What each says before the first step, by name."""
        return {name: advice for name, advisor in self._each() if (advice := advisor.advise(setup)) is not None}

    def during(self, setup: Setup, step: int, reference: nn.Module | None) -> dict[str, Advice]:
        """What each says of what is trained by now, by name."""
        asked = ((name, advisor.advise(setup, step=step, reference=reference)) for name, advisor in self._each())
        return {name: advice for name, advice in asked if advice is not None}

    def compare(self, setup: Setup, chosen_for: Recipe) -> Iterator[str]:
        """What to know of a rho that was chosen for another measure or form."""
        for _, advisor in self._each():
            if note := advisor.compare(setup, chosen_for):
                yield note

    def choose_rho(self, setup: Setup) -> tuple[str, ChosenRho]:
        """The name of the first advisor that chooses a coefficient, and its choice.

        Raises:
            UsageError: there is no best one; or nobody chooses any.
        """
        self.require("rho = auto")
        for name, advisor in self._each():
            if (choice := advisor.choose_rho(setup)) is not None:
                return name, choice
        raise UsageError("no advisor that is installed chooses rho", remedy=f"give --rho a number, or {THEORY}")

    def check(self, plan: Plan, *, run: Path | None = None, step: int | str | None = None, **wishes: Any) -> Any:
        """The first advisor's report on a plan or a run; arguments as of :meth:`gpreg.interfaces.Advisor.check`.

        Raises:
            UsageError: no advisor is installed that has one.
        """
        return self._first("check", (advisor.check(plan, run=run, step=step, **wishes) for _, advisor in self._each()))

    def stability(self, plan: Plan, *, run: Path | None = None, step: int | str | None = None, **wishes: Any) -> Any:
        """The first advisor's answer; arguments as of :meth:`gpreg.interfaces.Advisor.stability`.

        Raises:
            UsageError: no advisor is installed that has one.
        """
        asked = (advisor.stability(plan, run=run, step=step, **wishes) for _, advisor in self._each())
        return self._first("stability", asked)

    def begin(self, folder: RunFolder, said: Mapping[str, Advice], chosen: tuple[str, ChosenRho] | None) -> None:
        """Write the first document of each advisor, and how ``rho = auto`` was chosen."""
        for name, advice in said.items():
            tuning = [_dated(0, chosen[1].document)] if chosen and chosen[0] == name else []
            folder.document(self._document(name), {**advice.document, "tuning": tuning, "later": []})

    def add(self, folder: RunFolder, name: str, key: Literal["later", "tuning"], found: Mapping[str, Any]) -> None:
        """Add advice, or a choice of rho; one that a resumed run makes again replaces the first."""
        whole = folder.read_document(self._document(name))
        kept = [table for table in _tables(whole.get(key)) if type(table.get("step")) is int]
        before = [table for table in kept if table["step"] < found["step"]]
        folder.document(self._document(name), {**whole, key: [*before, dict(found)]})

    def recall(self, folder: RunFolder) -> None:
        """Refuse to go on with a strict run where the newest advice speaks against it.

        Raises:
            AssumptionViolated: with what was concluded.
            UsageError: no advisor is installed.
        """
        self.require("a strict run")
        for name, advisor in self._each():
            whole = folder.read_document(self._document(name))
            newest = (_tables(whole.get("later")) or [whole])[-1]
            if reason := advisor.recall(newest):
                raise AssumptionViolated(
                    f"{folder.path / self._document(name)} says of step {newest.get('step')}: {reason}",
                    remedy="`gpreg resume RUN --no-strict` goes on all the same",
                )

    def _first(self, asked: str, answers: Iterator[Any]) -> Any:
        self.require(asked)
        if (answer := next((each for each in answers if each is not None), None)) is None:
            raise UsageError(f"no advisor that is installed answers {asked}", remedy=THEORY)
        return answer

    def _each(self) -> Iterator[tuple[str, Advisor]]:
        for name, (_, advisor) in self._advisors.items():
            yield name, advisor

    def _document(self, name: str) -> str:
        return self._advisors[name][0].document or f"{name}.json"


def refuse(said: Mapping[str, Advice], ranks: Ranks | None = None) -> None:
    """End a run that was asked to be strict where an advisor speaks against it, in every process if in one.

    Args:
        said: to this process; in others than process 0 it may be empty.
        ranks: the processes, each of which must ask at the same time; by default there is one.

    Raises:
        GpregError: the first refusal.
    """
    refusals = [advice.refusal for advice in said.values() if advice.refusal is not None]
    if ranks and ranks.count > 1 and not ranks.gather(bool(refusals))[0]:
        return
    if refusals:
        raise refusals[0]
    if ranks and ranks.count > 1:
        raise AssumptionViolated("an assumption is violated; process 0 says which")


def tuned(setup: Setup, advisors: Advisors) -> tuple[Setup, tuple[str, ChosenRho] | None]:
    """The set-up with a number for ``rho = auto``, in its recipe too, and who chose it how.

    Raises:
        UsageError: as :meth:`Advisors.choose_rho` does.
    """
    if setup.recipe.penalty.rho != "auto":
        return setup, None
    chosen = advisors.choose_rho(setup)
    set_rho(setup, chosen[1].rho)
    _log.info("rho = %g: %s", chosen[1].rho, chosen[1].because)
    return setup.with_rho(chosen[1].rho), chosen


def set_rho(setup: Setup, rho: float) -> None:
    """Give every process the coefficient of process 0."""
    value = torch.tensor(rho, dtype=torch.float64, device=setup.device)
    setup.ranks.share([value])
    setup.penalty.rho = value.item()


def _dated(step: int, document: Mapping[str, Any]) -> dict[str, Any]:
    return {"step": step, **document}


def _tables(found: object) -> list[dict[str, Any]]:
    """The tables of a list; none of what is no list."""
    return [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []

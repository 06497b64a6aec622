"""Ask the installed advisors about a run: log what they say, keep it in the run folder, and stop strict runs."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import torch

from gpreg.errors import AssumptionViolated, GpregError, PluginError, UsageError
from gpreg.interfaces import Advice, Advisor, ChosenRho, Moment
from gpreg.interfaces.advisor import START
from gpreg.interfaces.advisor import fault as fault_of
from gpreg.recipe import Recipe
from gpreg.registry.companions import remedy
from gpreg.registry.kinds import ADVISOR
from gpreg.registry.reference import supplied
from gpreg.registry.registry import strict_plugins
from gpreg.registry.specs import AdvisorSpec
from gpreg.registry.wording import reason_of
from gpreg.runs.data import DATA
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.runs.plan import Plan
from gpreg.training.distributed import Ranks
from gpreg.training.setup import Setup

_log = logging.getLogger(__name__)


class Advisors:
    """All installed advisors.

    An advisor that cannot be built or raises is reported and left out, so that it does not prevent training. With
    ``GPREG_STRICT_PLUGINS``, and before the first step of a strict run, it is an error instead.

    Args:
        plan: the plan of the run.
        strict: whether the run is refused if an advisor objects.

    Raises:
        UsageError: the plan or ``strict`` needs an advisor, and none is installed.
        PluginError: an advisor fails, and that is an error.
    """

    def __init__(self, plan: Plan, *, strict: bool = False) -> None:
        self._registry, self._strict = plan.registry, strict
        self._advisors: dict[str, tuple[AdvisorSpec, Advisor]] = {}
        self._left_out: dict[str, str] = {}
        specs = plan.registry.list(ADVISOR)
        claims = Counter([DATA, ENVIRONMENT, *(spec.document for spec in specs)])
        for spec in specs:
            try:
                if claims[spec.document] > 1:
                    owner = f"{supplied(spec, 'advisor')} keeps what it says in {spec.document}"
                    raise PluginError(f"{owner}, and somebody else keeps something there, too")
                self._advisors[spec.name] = spec, plan.registry.build(ADVISOR, spec.name)
            except GpregError as error:
                self._leave_out(spec.name, error, fatal=strict)
        penalty, ticks = plan.recipe.penalty, plan.recipe.report.check_ticks
        if strict:
            self.require("a strict run")
        if penalty.rho == "auto":
            self.require("rho = auto")
        if penalty.retune_ticks:
            self.require(f"penalty.retune_ticks = {penalty.retune_ticks}")
        if ticks and not self._advisors and not self._left_out:
            _log.info("Note: report.check_ticks = %d, and no advisor is there to be asked: %s", ticks, self._remedy)

    def require(self, asked: str) -> None:
        """Refuse a request that needs an advisor if none is installed.

        Raises:
            UsageError: none is installed; names the package that supplies one.
            PluginError: every installed one was left out; says why.
        """
        if not self._advisors and self._left_out:
            told = "; ".join(f"{name!r} is left out: {reason}" for name, reason in self._left_out.items())
            raise PluginError(
                f"{asked} needs an advisor, and {told}", remedy="`gpreg list-advisors` says whose they are"
            )
        if not self._advisors:
            raise UsageError(f"{asked} needs an advisor, such as that of the theory", remedy=self._remedy)

    def say(self, setup: Setup, moment: Moment = START) -> dict[str, Advice]:
        """The advice of each advisor, by its name.

        Raises:
            PluginError: before the first step, what one says is no advice; or one is at fault, and that is an error.
        """
        start, said = moment is START, {}
        for name, (spec, advisor) in [*self._advisors.items()]:
            try:
                advice = advisor.advise(setup, moment)
            except Exception as error:  # somebody's code
                self._leave_out(name, error, fatal=start and self._strict)
                continue
            if problem := fault_of(advice):
                self._leave_out(name, PluginError(f"{supplied(spec, 'advisor')} {problem}"), fatal=start)
            elif advice is not None:
                said[name] = advice
        return said

    def compare(self, setup: Setup, chosen_for: Recipe) -> list[str]:
        """The advisors' notes on a rho that was chosen for another measure or form."""
        told = []
        for name, (_, advisor) in [*self._advisors.items()]:
            try:
                told.append(str(advisor.compare(setup, chosen_for) or ""))
            except Exception as error:  # somebody's code
                self._leave_out(name, error)
        return [note for note in told if note]

    def choose_rho(self, setup: Setup) -> tuple[str, ChosenRho]:
        """The name of the first advisor that chooses a coefficient, and its choice.

        Raises:
            UsageError: there is no best coefficient, or no advisor chooses one.
            PluginError: what the advisor chooses is no coefficient.
        """
        self.require("rho = auto")
        for name, (spec, advisor) in self._advisors.items():
            choice = advisor.choose_rho(setup)
            if problem := fault_of(choice, ChosenRho):
                raise PluginError(f"{supplied(spec, 'advisor')} {problem}")
            if choice is not None:
                return name, choice
        raise UsageError("no advisor that is installed chooses rho", remedy=f"give --rho a number; {self._remedy}")

    def begin(self, folder: RunFolder, said: Mapping[str, Advice], chosen: tuple[str, ChosenRho] | None) -> None:
        """Write each advisor's first document into the run folder, and how ``rho = auto`` was chosen."""
        chooser, tuning = (chosen[0], [{"step": 0, **chosen[1].document}]) if chosen else ("", [])
        for name, (spec, _) in self._advisors.items():
            if name in said or name == chooser:
                document = said[name].document if name in said else {}
                added = {"step": 0, "tuning": tuning if name == chooser else [], "later": []}
                folder.document(spec.document, {**document, **added})

    def add(
        self, folder: RunFolder, name: str, key: Literal["later", "tuning"], found: Mapping[str, Any], *, step: int
    ) -> None:
        """Add what an advisor said or chose at a step; when a resumed run repeats a step, it replaces the entry."""
        document = self._advisors[name][0].document
        whole = folder.read_document(document)
        kept = [table for table in _tables(whole.get(key)) if type(table.get("step")) is int]
        before = [table for table in kept if table["step"] < step]
        dated = {**found, "step": step} if "step" in found else {"step": step, **found}
        folder.document(document, {**whole, key: [*before, dated]})

    def recall(self, folder: RunFolder) -> None:
        """Refuse to continue a strict run if its newest advice objects.

        Raises:
            AssumptionViolated: it does; the message has the reason.
        """
        for spec, advisor in self._advisors.values():
            whole = folder.read_document(spec.document)
            newest = (_tables(whole.get("later")) or [whole])[-1]
            if newest and (reason := advisor.recall(newest)):
                raise AssumptionViolated(
                    f"{folder.path / spec.document} says of step {newest.get('step')}: {reason}",
                    remedy="`gpreg resume RUN --no-strict` goes on all the same",
                )

    def stability(self, plan: Plan, **question: Any) -> Any:
        """What the first advisor that can say it says of a plan's stability; the question is that of its method.

        Raises:
            UsageError: it cannot be said, or nobody is there to say it.
        """
        self.require("the stability of a game")
        for _, advisor in self._advisors.values():
            if (found := advisor.stability(plan, **question)) is not None:
                return found
        raise UsageError("no advisor that is installed says how stable a game is", remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        return remedy(self._registry)

    def _leave_out(self, name: str, error: Exception, *, fatal: bool = False) -> None:
        """Stop asking an advisor, and report why."""
        if fatal or strict_plugins():
            if isinstance(error, GpregError):
                raise error
            raise PluginError(f"advisor {name!r} failed: {reason_of(error)}") from error
        self._advisors.pop(name, None)
        self._left_out[name] = error.message if isinstance(error, GpregError) else reason_of(error)
        _log.warning("advisor %r is left out: %s", name, self._left_out[name])


def refuse(said: Mapping[str, Advice], ranks: Ranks | None = None) -> None:
    """End a strict run if an advisor objects; all processes end together.

    Args:
        said: the advice in this process; it may be empty in processes other than 0.
        ranks: the processes, all of which must call this at the same time; by default there is one.

    Raises:
        AssumptionViolated: the first refusal.
    """
    refusals = [advice.refusal for advice in said.values() if advice.refusal is not None]
    if ranks and ranks.count > 1 and not ranks.gather(bool(refusals))[0]:
        return
    if refusals:
        raise refusals[0]
    if ranks and ranks.count > 1:
        raise AssumptionViolated("an assumption is violated; process 0 says which")


def tuned(setup: Setup, advisors: Advisors) -> tuple[Setup, tuple[str, ChosenRho] | None]:
    """The set-up with a number for ``rho = auto``, also in its recipe, and the advisor's name and choice.

    Raises:
        UsageError: see :meth:`Advisors.choose_rho`.
    """
    if setup.recipe.penalty.rho != "auto":
        return setup, None
    chosen = advisors.choose_rho(setup)
    return with_chosen(setup, chosen[1]), chosen


def with_chosen(setup: Setup, choice: ChosenRho) -> Setup:
    """The set-up with a chosen coefficient, also in its recipe; the reason is logged."""
    set_rho(setup, choice.rho)
    _log.info("rho = %g: %s", choice.rho, choice.because)
    return setup.with_rho(choice.rho)


def set_rho(setup: Setup, rho: float) -> None:
    """Give every process the coefficient of process 0."""
    value = torch.tensor(rho, dtype=torch.float64, device=setup.device)
    setup.ranks.share([value])
    setup.penalty.rho = value.item()


def _tables(found: object) -> list[dict[str, Any]]:
    """The tables in a list; empty if the value is no list."""
    return [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []

"""An experiment: all choices of a training run, complete before anything is built."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gpreg.errors import UsageError
from gpreg.experiments.arguments import optional_path, path
from gpreg.experiments.choices import changed_recipe, changes_of, in_one_line
from gpreg.experiments.things import Files, with_files, with_things
from gpreg.recipe import CompleteRecipe, Recipe, chosen_for, write
from gpreg.registry.registry import Registry, load_registry
from gpreg.registry.wording import shown
from gpreg.runs.plan import Plan, Supply

if TYPE_CHECKING:
    from gpreg.experiments.bibliography import Citations
    from gpreg.experiments.run import Run
    from gpreg.interfaces import Data, Observer
    from gpreg.training.costs import Costs
    from gpreg.training.examination import Examination

RUNS = Path("runs")
"""The folder for runs whose own folder is not chosen."""


def experiment(
    recipe: Recipe | str | os.PathLike[str] | None = None,
    *,
    data_root: str | os.PathLike[str] | None = None,
    download: bool = False,
    registry: Registry | None = None,
    plugins: Files = (),
    measure: Any = None,
    form: Any = None,
    loss: Any = None,
    architecture: Any = None,
    dataset: Any = None,
    rho: float | str | None = None,
    optimizer: str | Mapping[str, Any] | None = None,
    steps: int | None = None,
    seed: int | None = None,
    metrics: Any = None,
    observers: Any = None,
    **choices: Any,
) -> "Experiment":
    """Make an experiment from a recipe and choices, which are those of ``gpreg train``.

    >>> import gpreg
    >>> mine = gpreg.experiment("plane", measure="mid", rho=2.0, **{"penalty.every": 4})
    >>> mine.recipe.measure.name, mine.recipe.penalty.rho, mine.recipe.penalty.every
    ('mid', 2.0, 4)

    Args:
        recipe: a name of ``gpreg list-recipes``, the path of a TOML file, or a recipe; ``None``: the one that the
            architecture is tried with first.
        data_root: where data is kept; ``None``: ``$GPREG_DATA``, else the user's cache folder.
        download: whether data that is not there may be fetched.
        registry: has what may be named; ``None``: all plugins that are installed.
        plugins: Python files that supply more, as ``--plugin`` has them; a thing in one is named ``FILE.py:NAME``.
        measure, form, loss, architecture, dataset: by name, or as a table ``{"name": "dragan", "scale": 0.5}``; or
            the thing itself, its class, or a function that returns it: networks as :class:`gpreg.Pair` or as a pair
            ``(generator, critic)``, samples as :class:`gpreg.data.GivenSource` takes them, such as a tensor.
        rho: the coefficient of ``(rho/2) E_mu[form(grad D)]``, text such as ``"lambda=10"`` in any convention of
            ``gpreg rho``, or ``"auto"``.
        optimizer: the optimiser of both players: any class of ``torch.optim`` by name, or a table with its arguments.
        steps: the number of generator steps.
        seed: fixes every random number of the run.
        metrics, observers: names, tables or things, which replace the recipe's; ``[]`` for none.
        choices: the others of :data:`gpreg.experiments.choices.KEYWORDS`, such as ``batch_size``, ``lr``, ``device`` or
            ``measure_options={"scale": 0.5}``; tables of the recipe, ``penalty={"every": 4}``; and any of its keys,
            ``**{"penalty.every": 4}`` or ``set={"penalty.every": 4}``.

    Raises:
        UsageError: a keyword is unknown, a choice is not possible, or two of them clash; each with what would be right.
    """
    things = {"measure": measure, "form": form, "loss": loss, "architecture": architecture, "dataset": dataset}
    settings = {"rho": rho, "optimizer": optimizer, "steps": steps, "seed": seed}
    given = {**things, **settings, "metrics": metrics, "observers": observers, **choices}
    root = optional_path(data_root, "data_root")
    known, given = with_things(with_files(registry or load_registry(), plugins), given)
    supply = Supply(registry=known, data_root=root, download=download)
    changes = changes_of(given)
    base, changed = changed_recipe(recipe, changes, supply.registry)
    return Experiment(plan=supply.plan(changed), chosen_for=chosen_for(base, changed, changes))


@dataclass(frozen=True, kw_only=True, repr=False)
class Experiment:
    """A training run to be, complete, free of clashes, and bound to plugins and data. :func:`experiment` makes it.

    Attributes:
        plan: the recipe, with the plugins and the data that it names.
        chosen_for: the recipe with the measure and form for which rho was chosen; ``None`` if it is this one.
    """

    plan: Plan
    chosen_for: Recipe | None = None

    @property
    def recipe(self) -> CompleteRecipe:
        """The recipe, with nothing left to defaults."""
        return self.plan.recipe

    @property
    def toml(self) -> str:
        """The recipe as the text of a TOML file, which ``gpreg train`` takes."""
        return write(self.recipe)

    @property
    def title(self) -> str:
        """Measure, architecture and dataset, with which the name of a run's folder ends."""
        names = (self.recipe.measure.name, self.recipe.architecture.name, self.recipe.dataset.name)
        return "-".join(name.replace(":", ".") for name in names)  # FILE.py:NAME has a colon, unfit for file names

    @property
    def citations(self) -> "Citations":
        """The publications behind everything that the experiment uses, as ``gpreg cite`` prints them.

        >>> import gpreg
        >>> gpreg.experiment("plane").citations[0].key
        'kim2018local'
        """
        from gpreg.experiments.citations import citations_of

        return citations_of([self.recipe], self.plan.registry)

    def with_(self, **choices: Any) -> "Experiment":
        """The experiment with other choices, as :func:`experiment` takes them.

        >>> import gpreg
        >>> [gpreg.experiment("plane").with_(seed=seed).recipe.training.seed for seed in (1, 2)]
        [1, 2]

        Raises:
            UsageError: as :func:`experiment` does.
        """
        for fixed in ("recipe", "registry", "plugins", "data_root", "download"):
            if fixed in choices:
                raise UsageError(
                    f"with_ cannot change {fixed}", remedy=f"begin with gpreg.experiment(..., {fixed}=...)"
                )
        registry, given = with_things(self.plan.registry, choices)
        changes = changes_of(given)
        base, changed = changed_recipe(self.recipe, changes, registry)
        plan = replace(self.plan.supply, registry=registry).plan(changed)
        return Experiment(plan=plan, chosen_for=chosen_for(self.chosen_for or base, changed, changes))

    def costs(self, data: "Data | None" = None) -> "Costs":
        """Count parameters, passes through the networks and memory of a step, by one on a few samples on the CPU.

        >>> import gpreg
        >>> gpreg.experiment("plane").costs().critic
        8577

        Args:
            data: the experiment's data, if it is open already.

        Raises:
            GpregError: setting up the run would raise it.
        """
        from gpreg.training.costs import costs
        from gpreg.training.device import by_itself

        with by_itself():
            return costs(self.plan, data)

    def check(self) -> "Examination":
        """Ask every advisor about the experiment before training; gpreg-theory says which assumptions hold.

        >>> import gpreg
        >>> found = gpreg.experiment("plane").check()
        >>> found.refusal is None, found.report.conclusion.outcome
        (True, 'undecided')

        Raises:
            UsageError: no advisor is installed; says what to install.
        """
        from gpreg.training.examination import examine

        return examine(self.plan)

    def stability(self, **wishes: Any) -> Any:
        """Find the modes of the linearised game, how they are damped, and which rho is best for them.

        Args:
            wishes: options of the advisor; for gpreg-theory see :func:`gpreg_theory.network_stability`.

        Raises:
            UsageError: no advisor is installed that has an answer, or there is no linearised game; says why.
        """
        from gpreg.training.advice import Advisors

        return Advisors(self.plan).stability(self.plan, **wishes)

    def rehearse(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        overwrite: bool = False,
        strict: bool = False,
        init: str | os.PathLike[str] | None = None,
    ) -> "Data":
        """Do everything that precedes a run's first step, without writing anything; it refuses what training refuses.

        Args:
            out, overwrite, strict, init: as for :meth:`train`.

        Returns:
            the data, open.

        Raises:
            NotDownloaded: the data is not there but could be fetched; what depends on it was not checked.
            GpregError: the run would be refused.
        """
        self._place(out, overwrite=overwrite)
        from gpreg.training.device import by_itself
        from gpreg.training.rehearsal import rehearse

        with by_itself():
            return rehearse(self.plan, init=optional_path(init, "init"), chosen_for=self.chosen_for, strict=strict)

    def train(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        overwrite: bool = False,
        strict: bool = False,
        init: str | os.PathLike[str] | None = None,
        observers: "Iterable[Observer]" = (),
        progress: bool | Literal["auto"] = "auto",
    ) -> "Run":
        """Train from the beginning to the last step.

        >>> import gpreg
        >>> run = gpreg.experiment("plane", steps=3, metrics=[]).train("runs/mine")
        >>> run.step
        3

        Args:
            out: the run's folder; ``None``: a new one in ``runs/``.
            overwrite: whether to replace the run that is there.
            strict: whether to stop if an advisor refuses, as gpreg-theory does if an assumption is violated.
            init: another run's folder, or that of one of its checkpoints, whose weights this run starts from.
            observers: observers besides those that the recipe names.
            progress: whether to show progress; ``"auto"``: on a terminal and in a notebook.

        Raises:
            InterruptedRun: Ctrl-C was pressed; the state was saved, and :meth:`Run.resume` goes on from it.
            DivergenceError: a loss or weight is not finite; the last checkpoint before that is kept.
            UsageError: the folder is not free, or the networks of ``init`` do not fit.
            AssumptionViolated: an advisor refuses, with ``strict``.
            DataError: the data is not there.
            StorageError: the run folder cannot be written.
        """
        place = self._place(out, overwrite=overwrite)
        from gpreg.experiments.progress import watching
        from gpreg.experiments.run import Run
        from gpreg.training.run import start

        with watching(progress, observers) as watchers:
            start(
                self.plan,
                place,
                overwrite=overwrite,
                strict=strict,
                init=optional_path(init, "init"),
                chosen_for=self.chosen_for,
                observers=watchers,
            )
        return Run(path=place, supply=self.plan.supply)

    def __repr__(self) -> str:
        return f"Experiment({in_one_line(self.recipe)}, {self.recipe.training.steps:,} steps)"

    def _place(self, out: str | os.PathLike[str] | None, *, overwrite: bool) -> Path:
        """The folder for the run, checked to be free."""
        from gpreg.runs.folder import next_free
        from gpreg.runs.replacement import check_replaceable

        place = next_free(RUNS, self.title) if out is None else path(out, "out")
        check_replaceable(place, overwrite=overwrite)
        return place


def plan_of(given: Any) -> Plan:
    """The plan of an experiment that a run is asked about.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(given, Experiment):
        remedy = "write run.experiment.with_(measure=...), with choices that leave its networks as they are"
        raise UsageError(f"the experiment is {shown(given)}; it must be an Experiment", remedy=remedy)
    return given.plan

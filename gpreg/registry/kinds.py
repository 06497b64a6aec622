"""What plugins can supply: one row for each kind, from which everything else that gpreg knows of kinds follows.

Hooks, ``list-`` commands, JSON, options of the command line, tables of a recipe and the documentation of all of these
are derived from the rows. A row is also what a type checker goes by: ``registry.get(MEASURE, name)`` is a
:class:`MeasureSpec`, and ``registry.build(MEASURE, name)`` a :class:`gpreg.interfaces.PenaltyMeasure`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from gpreg.registry.specs import (
    AdvisorSpec,
    ArchitectureSpec,
    CheckSpec,
    CommandSpec,
    DatasetSpec,
    ExecutorSpec,
    FormSpec,
    LossSpec,
    MeasureSpec,
    MetricSpec,
    ObserverSpec,
    RecipeSpec,
    Spec,
)

if TYPE_CHECKING:  # what is listed and explained needs none of it
    from concurrent.futures import Executor

    import click

    from gpreg import interfaces

S_co = TypeVar("S_co", bound=Spec, covariant=True)
I_co = TypeVar("I_co", covariant=True)


@dataclass(frozen=True)
class Kind(Generic[S_co, I_co]):
    """One extension point.

    Attributes:
        name: what users type after ``gpreg show``, and the key of one thing in JSON.
        spec: the class of what the hook returns.
        interface: what a factory builds, as ``"module:class"``; ``None`` where the factory itself is what is called.
        help: what things of this kind are for, as the rest of a sentence.
        recipe: how a recipe names them. ``"one"`` and ``"optional"``: in a table called like the kind, which is
            required or may be left out; ``"several"``: in an array of tables, called by the plural; ``None``: not.
        letter: of the command line's option for options of what the recipe names, ``M`` for ``-M KEY=VALUE``.
        aliases: further names of the command line's option for the name.
        absent: what to do where nothing of the kind is installed and nothing is amiss.
    """

    name: str
    spec: type[S_co]
    interface: str | None
    help: str
    recipe: Literal["one", "optional", "several"] | None = None
    letter: str = ""
    aliases: tuple[str, ...] = ()
    absent: str = "`gpreg plugins` says what is"

    def __str__(self) -> str:
        return self.name

    @property
    def plural(self) -> str:
        """Names the hook, the ``list-`` command and the key of several things in JSON."""
        return f"{self.name}es" if self.name.endswith("s") else f"{self.name}s"

    @property
    def hook(self) -> str:
        """The function by which a plugin supplies such things: no arguments, returns an iterable of specs."""
        return f"gpreg_{self.plural}"

    @property
    def key(self) -> str:
        """Where a recipe names such things."""
        return self.plural if self.recipe == "several" else self.name

    @property
    def listed(self) -> bool:
        """Whether a ``list-`` command lists it; help itself lists the commands."""
        return self.name != "command"

    @property
    def listing(self) -> str:
        """The command that lists it."""
        return f"gpreg list-{self.plural}" if self.listed else "gpreg --help"


MEASURE: "Kind[MeasureSpec, interfaces.PenaltyMeasure]" = Kind(
    "measure", MeasureSpec, "gpreg.interfaces:PenaltyMeasure", "where the critic's gradient is penalised", "one", "M"
)
FORM: "Kind[FormSpec, interfaces.GradientForm]" = Kind(
    "form",
    FormSpec,
    "gpreg.interfaces:GradientForm",
    "what is penalised there; by default the measure's own form",
    "optional",
    "F",
)
LOSS: "Kind[LossSpec, interfaces.GANLoss]" = Kind(
    "loss", LossSpec, "gpreg.interfaces:GANLoss", "the two players' objectives", "one", "L"
)
ARCHITECTURE: "Kind[ArchitectureSpec, interfaces.Architecture]" = Kind(
    "architecture", ArchitectureSpec, "gpreg.interfaces:Architecture", "generator and critic", "one", "A", ("arch",)
)
DATASET: "Kind[DatasetSpec, interfaces.DatasetSource]" = Kind(
    "dataset", DatasetSpec, "gpreg.interfaces:DatasetSource", "what is learnt", "one", "D"
)
METRIC: "Kind[MetricSpec, interfaces.Metric]" = Kind(
    "metric",
    MetricSpec,
    "gpreg.interfaces:Metric",
    "how good samples are; the first one that training takes decides which checkpoint is best",
    "several",
)
OBSERVER: "Kind[ObserverSpec, interfaces.Observer]" = Kind(
    "observer",
    ObserverSpec,
    "gpreg.interfaces:Observer",
    "who watches a run beside its folder, such as tensorboard",
    "several",
)
EXECUTOR: "Kind[ExecutorSpec, Executor]" = Kind(
    "executor", ExecutorSpec, "concurrent.futures:Executor", "where a sweep's runs are carried out"
)
RECIPE: Kind[RecipeSpec, str] = Kind("recipe", RecipeSpec, "builtins:str", "one experiment, as the text of a TOML file")
COMMAND: "Kind[CommandSpec, click.Command]" = Kind(
    "command", CommandSpec, "click:Command", "a further subcommand of `gpreg`"
)
CHECK: Kind[CheckSpec, Any] = Kind(
    "check",
    CheckSpec,
    None,
    "a function from the context of a check to findings about assumptions",
    absent="those of the package gpreg-theory run with `gpreg check --measure mid --arch mlp`; others add theirs "
    "through the hook gpreg_checks",
)

ADVISOR: "Kind[AdvisorSpec, interfaces.Advisor]" = Kind(
    "advisor",
    AdvisorSpec,
    "gpreg.interfaces:Advisor",
    "what judges a choice before and during training, and may choose rho",
    absent="`gpreg plugins` says what is; `pip install gpreg-theory` brings one",
)

_ROWS = (MEASURE, FORM, LOSS, ARCHITECTURE, DATASET, METRIC, OBSERVER, EXECUTOR, RECIPE, COMMAND, CHECK, ADVISOR)

KINDS: dict[str, Kind[Spec, Any]] = {kind.name: kind for kind in _ROWS}
"""Every kind, in the order in which documentation names them."""

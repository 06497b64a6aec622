"""The kinds of things that plugins supply, one row each.

Hooks, ``list-`` commands, JSON, options of the command line, tables of a recipe and the documentation of all of these
are derived from the rows. A row also carries types: ``registry.get(MEASURE, name)`` is a :class:`MeasureSpec`, and
``registry.build(MEASURE, name)`` a :class:`gpreg.interfaces.PenaltyMeasure`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from gpreg.registry.spec import Spec
from gpreg.registry.specs import (
    AdvisorSpec,
    ArchitectureSpec,
    AugmentationSpec,
    CheckSpec,
    CommandSpec,
    ConstraintSpec,
    DatasetSpec,
    ExecutorSpec,
    FormSpec,
    LossSpec,
    MeasureSpec,
    MetricSpec,
    ObserverSpec,
    RecipeSpec,
    RegularizerSpec,
    SweepSpec,
)

if TYPE_CHECKING:  # listing and explaining work without these imports
    from concurrent.futures import Executor

    import click

    from gpreg import interfaces

S_co = TypeVar("S_co", bound=Spec, covariant=True)
I_co = TypeVar("I_co", covariant=True)


@dataclass(frozen=True)
class Kind(Generic[S_co, I_co]):
    """One extension point.

    Attributes:
        name: what users type after ``gpreg show``, and the JSON key of a single thing.
        spec: the class of the specs that the hook returns.
        interface: the class whose instances a factory builds, as ``"module:class"``; ``None`` if the factory is not
            called to build anything but is itself the function to call.
        help: what things of this kind are for, as the rest of a sentence.
        recipe: how a recipe names such things. ``"one"`` and ``"optional"``: in a table with the kind's name, which is
            required or may be left out; ``"several"``: in an array of tables with the plural name; ``None``: not at
            all.
        letter: the command line's option for a plugin's options: ``M`` for ``-M KEY=VALUE``, and where a recipe names
            several, ``R`` for ``-R [NAME.]KEY=VALUE``; empty: there is none.
        aliases: further names of the command line's option that chooses the plugin (``--arch`` for
            ``--architecture``).
        absent: what to tell the user if no plugin supplies anything of this kind.
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
        """The plural, which is part of the names of the hook and the ``list-`` command, and a JSON key."""
        return f"{self.name}es" if self.name.endswith("s") else f"{self.name}s"

    @property
    def hook(self) -> str:
        """The name of the hook by which a plugin supplies such things."""
        return f"gpreg_{self.plural}"

    @property
    def key(self) -> str:
        """The recipe's table, or array of tables, that names such things."""
        return self.plural if self.recipe == "several" else self.name

    @property
    def listed(self) -> bool:
        """Whether there is a ``list-`` command for the kind; ``gpreg --help`` lists the commands."""
        return self.name != "command"

    @property
    def listing(self) -> str:
        """The command that lists things of this kind."""
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
REGULARIZER: "Kind[RegularizerSpec, interfaces.Regularizer]" = Kind(
    "regularizer",
    RegularizerSpec,
    "gpreg.interfaces:Regularizer",
    "what a player minimises besides its loss and the penalty",
    "several",
    "R",
)
CONSTRAINT: "Kind[ConstraintSpec, interfaces.Constraint]" = Kind(
    "constraint", ConstraintSpec, "gpreg.interfaces:Constraint", "what the weights of a network obey", "several", "C"
)
AUGMENTATION: "Kind[AugmentationSpec, interfaces.Augmentation]" = Kind(
    "augmentation",
    AugmentationSpec,
    "gpreg.interfaces:Augmentation",
    "what samples go through before the critic sees them",
    "several",
    "T",
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
SWEEP: Kind[SweepSpec, str] = Kind(
    "sweep", SweepSpec, "builtins:str", "many runs and what they are compared by, as the text of a TOML file"
)
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

_ROWS = (
    MEASURE,
    FORM,
    LOSS,
    REGULARIZER,
    CONSTRAINT,
    AUGMENTATION,
    ARCHITECTURE,
    DATASET,
    METRIC,
    OBSERVER,
    EXECUTOR,
    RECIPE,
    SWEEP,
    COMMAND,
    CHECK,
    ADVISOR,
)

KINDS: dict[str, Kind[Spec, Any]] = {kind.name: kind for kind in _ROWS}
"""Every kind, in the order in which documentation names them."""

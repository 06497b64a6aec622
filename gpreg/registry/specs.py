"""The specs of each kind, with what plugins say of things of that kind only."""

import re
from dataclasses import dataclass, field
from typing import Literal

from gpreg.registry.assumptions import ASSUMPTIONS, Claimed
from gpreg.registry.fields import settle
from gpreg.registry.spec import Spec
from gpreg.registry.wording import shown

_DOCUMENT = re.compile(r"[a-z0-9][a-z0-9+._-]{0,99}\.json")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A measure's claim about one assumption of the theorem, and why.

    Args:
        assumption: one of :data:`gpreg.registry.assumptions.ASSUMPTIONS`.
        verdict: ``holds``, ``fails``, or ``depends`` if data, generator or critic decide it.
        because: the reason, or the condition that decides it.

    >>> Claim(assumption="5a", verdict="holds", because="mu does not depend on the critic").verdict
    'holds'
    """

    assumption: str
    verdict: Claimed
    because: str

    def __post_init__(self) -> None:
        settle(self, self.assumption)
        if self.assumption not in ASSUMPTIONS:
            raise ValueError(f"no assumption {shown(self.assumption)}; they are {', '.join(ASSUMPTIONS)}")


@dataclass(frozen=True, kw_only=True)
class MeasureSpec(Spec):
    """A penalty measure mu: *where* the critic's gradient is penalised.

    Args:
        penalty: the penalty term as the papers write it, e.g. ``"E[|grad D|^2]"``; by default it follows from the form.
        sampling: how a point is drawn, e.g. ``"x = (x_d + x_g) / 2"``.
        mass: total mass of mu, e.g. ``"1"``, ``"2"``, ``"depends on D"``.
        form: the gradient form that goes with the measure unless the user chooses another.
        claims: what theory says of the measure with the form ``squared``, at most one :class:`Claim` for each
            assumption. An assumption without a claim does not apply.

    >>> MeasureSpec(name="mid", factory="mine:Midpoint", summary="half-way", sampling="x = (x_d + x_g) / 2").penalty
    'E_mu[|grad D|^2]'
    """

    penalty: str = ""
    sampling: str = "x ~ mu"
    mass: str = "1"
    form: str = "squared"
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.penalty:
            gradient = "|grad D|^2" if self.form == "squared" else f"{self.form}(grad D)"
            object.__setattr__(self, "penalty", f"E_mu[{gradient}]")
        if len({claim.assumption for claim in self.claims}) < len(self.claims):
            raise ValueError(f"{self.name!r} makes two claims on one assumption")


@dataclass(frozen=True, kw_only=True)
class FormSpec(Spec):
    """A gradient form: *what* is penalised at a point, as a function of the critic's gradient g there.

    Args:
        formula: e.g. ``"|g|^2"``.
        simple: whether this form is the simple gradient penalty that the theorem is about.

    >>> FormSpec(name="cubed", factory="mine:Cubed", summary="steep far out", formula="|g|^3").simple
    False
    """

    formula: str = "f(g)"
    simple: bool = False


@dataclass(frozen=True, kw_only=True)
class LossSpec(Spec):
    """The two players' losses, both of which are minimised.

    Args:
        critic: the critic's loss, e.g. ``"D(x_g) - D(x_d)"``.
        generator: the generator's loss, e.g. ``"-D(x_g)"``.

    >>> LossSpec(name="mean", factory="mine:Mean", summary="means", critic="D(x_g) - D(x_d)").generator
    'L(D(x_g))'
    """

    critic: str = "L(D(x_d), D(x_g))"
    generator: str = "L(D(x_g))"


@dataclass(frozen=True, kw_only=True)
class RegularizerSpec(Spec):
    """A regularizer: a scalar that a player minimises besides its loss and the gradient penalty.

    Args:
        formula: what is minimised, e.g. ``"weight E[(D(x) - D(T x))^2]"``.
        player: whose objective it belongs to, by default.
        needs: what it needs beside the networks' outputs, in words.

    >>> RegularizerSpec(name="small", factory="mine:Small", summary="small outputs", formula="E[D(x)^2]").player
    'critic'
    """

    formula: str = "R(D, G)"
    player: Literal["critic", "generator", "both"] = "critic"
    needs: str = "nothing more"


@dataclass(frozen=True, kw_only=True)
class ConstraintSpec(Spec):
    """A constraint: what the weights of a network obey.

    Args:
        formula: what holds, e.g. ``"|W|_2 = 1"``.
        by: ``"parametrisation"``: the weights are a function of others, so that they obey in each forward pass;
            ``"projection"``: they are changed after each step of the optimiser.

    >>> ConstraintSpec(name="box", factory="mine:Box", summary="bounded", formula="|w| <= 1").by
    'projection'
    """

    formula: str = "W in C"
    by: Literal["parametrisation", "projection"] = "projection"


@dataclass(frozen=True, kw_only=True)
class AugmentationSpec(Spec):
    """An augmentation: a random, differentiable change T of what the critic sees.

    Args:
        formula: the change, e.g. ``"T(x) = x + sigma u"``.
        shapes: the sample shapes that it can change, in words.

    >>> AugmentationSpec(name="shake", factory="mine:Shake", summary="moves points").shapes
    'any'
    """

    formula: str = "T(x)"
    shapes: str = "any"


@dataclass(frozen=True, kw_only=True)
class ArchitectureSpec(Spec):
    """A generator and a critic.

    Args:
        shapes: the sample shapes that it can be built for, in words.
        dataset: the dataset to try it on first, one that needs no download.
        recipe: the recipe to try it with first, for this architecture and this dataset. ``None``: the recipe of another
            architecture, for the same dataset if there is one.
        conditional: whether the networks accept labels.

    >>> ArchitectureSpec(name="narrow", factory="mine:Narrow", summary="64 units", dataset="8gaussians").conditional
    False
    """

    shapes: str = "those that its networks can be built for"
    dataset: str | None = None
    recipe: str | None = None
    conditional: bool = False


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(Spec):
    """A data distribution p_d.

    Args:
        shape: shape of one sample, e.g. ``"(2,)"`` or ``"(3, 32, 32)"``; in words if it depends on options.
        size: number of training samples; None if they are drawn without end, or if the user's files decide it.
        classes: number of labels; None if there are none, or if the user's folder decides it.
        availability: ``"bundled"`` (with its package), ``"synthetic"``, ``"download"``, ``"system"`` (with a package of
            the operating system) or ``"folder"``.

    >>> DatasetSpec(name="steps", factory="mine:Steps", summary="whole numbers", shape="(2,)", size=1000).availability
    'bundled'
    """

    shape: str = "known when it is opened"
    availability: Literal["bundled", "synthetic", "download", "system", "folder"] = "bundled"
    size: int | None = None
    classes: int | None = None


@dataclass(frozen=True, kw_only=True)
class MetricSpec(Spec):
    """A metric: a score of how good samples are.

    Args:
        values: the names of the values that it reports, each with its better direction, e.g. ``{"modes": "higher"}``.
        shapes: the sample shapes that it can score, in words.

    >>> MetricSpec(name="spread", factory="mine:Spread", summary="std", values={"spread": "higher"}).shapes
    'any'
    """

    values: dict[str, Literal["higher", "lower"]] = field(default_factory=dict)
    shapes: str = "any"


class ObserverSpec(Spec):
    """Something that watches a run.

    >>> ObserverSpec(name="bell", factory="mine:Bell", summary="rings when a run ends").name
    'bell'
    """


class ExecutorSpec(Spec):
    """Where a sweep's runs are carried out; the factory returns a :class:`concurrent.futures.Executor`.

    >>> ExecutorSpec(name="threads", factory="concurrent.futures:ThreadPoolExecutor", summary="threads here").name
    'threads'
    """


class RecipeSpec(Spec):
    r"""A recipe; the factory returns its TOML text.

    >>> RecipeSpec(name="mine", factory=lambda: "[penalty]\nrho = 5", summary="another rho").factory()
    '[penalty]\nrho = 5'
    """


class SweepSpec(Spec):
    r"""A sweep: many runs and what they are compared by; the factory returns the TOML text of a sweep file.

    >>> SweepSpec(name="mine", factory=lambda: "recipe = 'plane'\n[axes]\nseed = '0:3'", summary="3 seeds").factory()
    "recipe = 'plane'\n[axes]\nseed = '0:3'"
    """


class CommandSpec(Spec):
    """A further ``gpreg`` subcommand; the factory is, or returns, a :class:`click.Command`.

    >>> CommandSpec(name="greet", factory="mine:greet", summary="Say hello.").summary
    'Say hello.'
    """


class CheckSpec(Spec):
    """A further check of assumptions; the factory is called with the check's context and returns findings.

    >>> CheckSpec(name="seen", factory="mine:seen", summary="whether the data is looked at").factory
    'mine:seen'
    """


@dataclass(frozen=True, kw_only=True)
class AdvisorSpec(Spec):
    """Something that judges choices before and during training, and may choose rho.

    Args:
        document: the file in a run's folder that its advice is written to; by default its name with ``.json``.

    >>> AdvisorSpec(name="cautious", factory="mine:Cautious", summary="prefers a small rho").document
    'cautious.json'
    """

    document: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.document:
            object.__setattr__(self, "document", f"{self.name}.json")
        if not _DOCUMENT.fullmatch(self.document):
            raise ValueError(f"document {shown(self.document)} of {self.name!r} must be a file's name, such as a.json")

"""Specs: what a plugin says about each thing that it supplies, as frozen data that is readable without torch."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Literal

from gpreg.registry.assumptions import ASSUMPTIONS, Claimed
from gpreg.registry.citation import Citation
from gpreg.registry.fields import settle
from gpreg.registry.wording import shown

Factory = str | Callable[..., Any]
"""A class or function, or ``"module:attribute"``, which is imported at the first build."""

_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]{0,99}")
FILE_NAME = re.compile(r"[\w.-]{1,96}\.py")
"""Names of files that may be plugins."""
IN_FILE = re.compile(rf"{FILE_NAME.pattern}:\w{{1,100}}")
"""Names of things that a file defines: ``nets.py:Pair``."""
SESSION = "session"
"""The ``package`` of objects that exist in a Python session only; their names begin with it, ``session.pair``."""
_DOCUMENT = re.compile(r"[a-z0-9][a-z0-9+._-]{0,99}\.json")
_REFERENCE = re.compile(r"[\w.]{1,500}:\w{1,500}")


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
class Spec:
    """The fields that specs of all kinds have. Name, factory and summary suffice; the others have defaults.

    Args:
        name: what users type: lower case, at most 100 characters. Only one plugin may supply a name.
        factory: the class or function that builds the thing, or ``"module:attribute"``. It is called with an instance
            of ``options`` if there are options, else without arguments.
        summary: one line.
        options: a frozen, keyword-only dataclass whose fields are made by :func:`gpreg.option`, or
            ``"module:attribute"``. It is imported to explain and to build, but not to list.
        cites: citations of the publications that the thing follows.
        package, version: the distribution that supplies the thing; filled in at discovery.
        place: what the thing is and where it is defined, if no package supplies it: ``"Pair (nets.py:12)"``.
    """

    name: str
    factory: Factory
    summary: str
    options: type | str | None = None
    cites: tuple[Citation, ...] = ()
    package: str = ""
    version: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        settle(self, self.name)
        if not _NAME.fullmatch(self.name) and not (self.place and IN_FILE.fullmatch(self.name)):
            raise ValueError(
                f"name {shown(self.name)} must be lower-case letters, digits, '+', '.', '_' or '-', at most 100"
            )
        reference = isinstance(self.factory, str) and _REFERENCE.fullmatch(self.factory)
        if not reference and not callable(self.factory):
            raise ValueError(f"factory {shown(self.factory)} of {self.name!r} must be 'module:attribute' or a callable")
        named = isinstance(self.options, str) and _REFERENCE.fullmatch(self.options)
        if self.options is not None and not named and not is_dataclass(self.options):
            raise TypeError(
                f"options of {self.name!r} must be a dataclass or 'module:attribute', not {shown(self.options)}"
            )


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
        size: number of training samples; None if they are drawn without end, or if the user's folder decides it.
        classes: number of labels; None if there are none, or if the user's folder decides it.
        availability: ``"bundled"`` (with its package), ``"synthetic"``, ``"download"`` or ``"folder"``.

    >>> DatasetSpec(name="steps", factory="mine:Steps", summary="whole numbers", shape="(2,)", size=1000).availability
    'bundled'
    """

    shape: str = "known when it is opened"
    availability: Literal["bundled", "synthetic", "download", "folder"] = "bundled"
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

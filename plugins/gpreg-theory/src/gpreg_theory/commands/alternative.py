"""The nearest alternative to a choice: what differs, and the command that checks it."""

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource

from gpreg.cli.choices import chosen
from gpreg.errors import GpregError
from gpreg.experiments.telling import telling
from gpreg.recipe import Recipe
from gpreg.registry.assumptions import CLAIMED, MARKS, Verdict
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.registry import Registry
from gpreg.registry.specs import MeasureSpec

PENALTY_SIDE = ("5a", "5b", "5c", "6a", "6b", "6c")
"""The assumptions that a measure decides."""

UNTOLD = ("as_json", "every", "strict", "at_rest")
"""Options of ``check`` that are not repeated for another choice: they shape the answer, or are about this run alone."""

OWN = {"measure": ("measure_options",), "form": ("form_options",), "rho": ()}
"""Options that go with a choice and are left out where the command makes another choice."""


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another choice, with the same networks and data.

    Attributes:
        text: the choice in words, and what differs.
        command: the command to type.
    """

    text: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A change of the choice that might be proposed.

    Attributes:
        changes: the new choices by keyword.
        text: the change in words, and what differs.
    """

    changes: Mapping[str, str]
    text: str


def nearest_alternative(
    ctx: click.Context,
    registry: Registry,
    recipe: Recipe,
    verdicts: Mapping[str, Verdict],
    *,
    needless: Collection[str] = (),
    shared: Collection[str] = (),
    source: str | None,
) -> Alternative | None:
    """Find the first alternative that is possible with the other choices; ``None`` if there is none.

    The alternative to a form that is not the theorem's is one that is, and that to no penalty is a penalty. The
    alternative to a measure is the installed one that satisfies most of 5a to 6c, or, if the measure satisfies all
    of them, the one that differs least from it.

    Args:
        ctx: the command's context, whose options are typed again.
        registry: has the measures and their claims.
        recipe: the choice that was checked.
        verdicts: the verdict on each assumption.
        needless: assumptions that are violated but need not hold.
        shared: assumptions whose verdict is the same with any measure.
        source: the recipe or file that the choices override.
    """
    for candidate in _candidates(registry, recipe, verdicts, needless, shared):
        changed = _changed(ctx.params, candidate.changes)
        try:
            with telling(lambda message: None):  # nobody has made this choice, it is only tried
                chosen(registry, source, changed)
        except GpregError:
            continue
        return Alternative(text=candidate.text, command=_typed(ctx, candidate.changes))
    return None


def _candidates(
    registry: Registry,
    recipe: Recipe,
    verdicts: Mapping[str, Verdict],
    needless: Collection[str],
    shared: Collection[str],
) -> Iterable[Candidate]:
    measure = registry.get(MEASURE, recipe.measure.name)
    form = registry.get(FORM, recipe.form.name if recipe.form else measure.form)
    if not form.simple:
        for other in registry.list(FORM):
            if other.simple:
                text = f"the form {other.name} at the same points, which is the theorem's where {form.name} is not"
                yield Candidate(changes={"form": other.name}, text=text)
        return
    if recipe.penalty.rho == 0:
        yield Candidate(changes={"rho": "auto"}, text="rho = auto instead of 0: a penalty instead of none")
        return
    here = {name: CLAIMED[verdicts[name]] for name in PENALTY_SIDE}
    same = {name: here[name] for name in PENALTY_SIDE if name in shared}
    others = [
        (spec, {claim.assumption: claim.verdict for claim in spec.claims} | same)
        for spec in registry.list(MEASURE)
        if spec.name != measure.name and registry.get(FORM, spec.form).simple
    ]
    apart = [
        (spec, [name for name in PENALTY_SIDE if claims[name] != here[name]], claims)
        for spec, claims in others
        if claims.keys() >= set(PENALTY_SIDE) and claims["6b"] != "fails"
    ]
    perfect = set(here.values()) == {"holds"}

    def distance(entry: tuple[MeasureSpec, list[str], dict[str, Any]]) -> tuple[int, int]:
        short = sum(verdict != "holds" for verdict in entry[2].values())
        return (len(entry[1]), short) if perfect else (short, len(entry[1]))

    for spec, names, claims in sorted((entry for entry in apart if entry[1]), key=distance):
        told = ", ".join(f"{name} ({MARKS[here[name]]} here, {MARKS[claims[name]]} there)" for name in names)
        aside = ", which the theorem does not need here" if {*names} <= {*needless} else ""
        yield Candidate(changes={"measure": spec.name}, text=f"the measure {spec.name}, which differs in {told}{aside}")


def _changed(params: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """The values of the command's options with other choices."""
    left_out = {name: () for key in changes for name in OWN[key]}
    keys = tuple(word for word in params["keys"] if not _speaks_of(word, changes))
    return {**params, **left_out, "keys": keys, **changes}


def _speaks_of(word: str, changes: Mapping[str, str]) -> bool:
    tables = {"measure": "measure.", "form": "form.", "rho": "penalty.rho="}
    return any(word.strip().startswith(tables[key]) for key in changes)


def _typed(ctx: click.Context, changes: Mapping[str, str]) -> str:
    """The command with other choices, quoted for a shell."""
    values, words = _changed(ctx.params, changes), ["gpreg", str(ctx.info_name)]
    for parameter in ctx.command.params:
        name = str(parameter.name)
        given = name in changes or ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        value = values.get(name)
        if not given or name in UNTOLD or value is None or value == ():
            continue
        if isinstance(parameter, click.Argument):
            words.insert(2, str(value))
            continue
        flag = parameter.opts[-1]
        if isinstance(value, bool):
            words += [flag if value else parameter.secondary_opts[0]]
        else:
            words += [word for item in (value if isinstance(value, tuple) else (value,)) for word in (flag, str(item))]
    return shlex.join(words)

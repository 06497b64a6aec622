"""What ``gpreg stability`` says of real networks: those of a recipe, or of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpreg.cli import console
from gpreg.errors import UsageError
from gpreg.experiments.choices import named
from gpreg.recipe import Recipe, override, resolve
from gpreg.runs.plan import Plan, Supply
from gpreg_theory.commands import prose
from gpreg_theory.commands.check import run_at

if TYPE_CHECKING:
    from gpreg_theory.advice.stability import NetworkStability
    from gpreg_theory.networks.strongest import StrongestModes


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of networks.

    Attributes:
        system: a recipe's name or file, or a run's folder.
        measures: each measure's options by its name; empty: the recipe's own.
        changes: to the recipe, by dotted keys.
        modes: how many.
        step: of a run's checkpoint.
        construction: whether to look where the critic's last layer is zero; ``None``: only without a run.
        picture: where to draw the damping ratios; ``None``: nowhere.
    """

    system: str
    measures: Mapping[str, Mapping[str, Any]]
    changes: Mapping[str, Any]
    modes: int
    step: int | str | None
    construction: bool | None
    picture: Path | None


def report(question: Question, supply: Supply, *, as_json: bool) -> None:
    """Look at the networks with each measure, and print and draw what is found.

    Of several measures, one that has no linearised game is told and the others are looked at.

    Raises:
        UsageError: choices clash, or there is no linearised game for any of them; says why.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    found, refused = _looks(question, supply)
    if question.picture is not None:
        _draw(question.picture, found)
    if as_json:
        told = [{"measure": name, "because": own.message, "remedy": own.remedy} for name, own in refused.items()]
        networks = [one.to_dict() for one in found]
        document = {"system": question.system, "networks": networks, "refused": told}
        console.emit({"schema": 1, "stability": document})
        return
    if len(found) + len(refused) > 1:
        _compare(found, refused, list(question.measures))
    else:
        _print(found[0])
    for note in dict.fromkeys(note for one in found for note in (*one.notes, *one.table.notes)):
        prose.paragraph(f"Note: {note}", rest="  ", dim=True)
    if question.picture is not None:
        console.talk(f"{question.picture} written")


def _looks(question: Question, supply: Supply) -> "tuple[list[NetworkStability], dict[str, UsageError]]":
    """What is found for each measure, and why nothing is for some; what can be known beforehand is known first."""
    from gpreg_theory.advice.stability import require_linear
    from gpreg_theory.networks.strongest import StrongestModes

    plans: dict[str | None, Plan] = {}
    refused: dict[str, UsageError] = {}
    for measure in question.measures or (None,):
        recipe = _recipe(question, supply, measure)  # a slip of whoever typed it is none of the reasons below
        try:
            plan = supply.plan(recipe)
            require_linear(plan)
        except UsageError as error:
            if measure is None:
                raise
            refused[measure] = error
        else:
            plans[measure] = plan
    found, modes = [], StrongestModes()
    for measure, plan in plans.items():
        try:
            found.append(_look(question, plan, modes))
        except UsageError as error:
            if measure is None:
                raise
            refused[measure] = error
    if not found:
        raise _none_of(refused)
    return found, refused


def _none_of(refused: Mapping[str, UsageError]) -> UsageError:
    """One error that says of each measure why nothing was found for it; each reason once."""
    first = next(iter(refused.values()))
    if len(refused) == 1:
        return first
    reasons: dict[str, list[str]] = {}
    for measure, error in refused.items():
        reasons.setdefault(error.message, []).append(measure)
    told = "; ".join(f"{', '.join(measures)}: {reason}" for reason, measures in reasons.items())
    return UsageError(f"none of these measures can be looked at: {told}", remedy=first.remedy)


def _recipe(question: Question, supply: Supply, measure: str | None) -> Recipe:
    run = run_at(question.system)
    changes = dict(question.changes)
    if measure is not None:
        changes["measure"] = {"name": measure, **question.measures[measure]}
    base = named(str(run / "recipe.toml") if run else question.system, supply.registry, changes)
    return resolve(override(base, changes, supply.registry)[0], supply.registry)


def _look(question: Question, plan: Plan, modes: "StrongestModes") -> "NetworkStability":
    from gpreg.experiments.progress import stages
    from gpreg_theory.advice.stability import network_stability

    with stages() as tell:
        return network_stability(
            plan,
            run=run_at(question.system),
            step=question.step,
            construction=question.construction,
            modes=question.modes,
            progress=tell,
            find=modes,
        )


def _print(found: "NetworkStability") -> None:
    table, recipe = found.table, found.setup.recipe
    console.heading(_title(found))
    where = "the critic's last layer zeroed, data as fakes: an equilibrium" if found.construction else "the networks"
    when = f"after {found.step:,} steps" if found.step else "before training"
    facts = {
        "point": f"{where}, {when}",
        "modes": f"the {len(table.modes)} strongest that the generator moves, of {table.p:,} x {table.q:,} parameters",
        "trace Q": f"{table.trace.value:.4g}; rho * trace Q = {found.rho * table.trace.value * found.scale:.4g}",
    }
    if table.modes:
        facts["rate"] = f"{table.game.rate:.4g} at rho = {found.rho:g}"
        best = table.best
        facts["best rho"] = (
            f"{found.best_rho:.4g}, rate {best.rate:.4g}" if found.best_rho else "none damps these modes"
        )
        for scheme, limit in (("simultaneous", table.simultaneous), ("alternating", table.alternating)):
            facts[f"largest {scheme} step"] = f"{limit.step:.4g}; {limit.because}"
    prose.facts(list(facts.items()))
    rows = [
        [
            f"{mode.frequency:.4g}",
            f"{mode.curvature:.4g}",
            f"{mode.interval[0]:.3g} to {mode.interval[1]:.3g}",
            f"{mode.ratio:.3g}",
            mode.verdict,
        ]
        for mode in table.modes
    ]
    if rows:
        prose.table(("frequency", "u^T Q u", "99 % interval", "damping ratio", ""), rows)
        console.note("A damping ratio of 0 is undamped, of 1 critical; above 1 a mode creeps.")
    click.echo()
    prose.paragraph(table.claim)
    advice = _advice(found, recipe.penalty.rho)
    if advice:
        prose.paragraph(advice)


def _advice(found: "NetworkStability", rho: Any) -> str:
    """What to change, if anything."""
    table = found.table
    if not found.rho or not found.scale:
        return ""
    if table.undamped:
        return "Choose a measure that sees these modes, such as pd or mid, or a loss with curvature (minimax)."
    if not table.modes or not found.best_rho:
        return ""
    if table.best.rate <= 1.1 * table.game.rate:
        return f"rho = {rho:g} is within 10 % of the best rate for these modes."
    where = "stronger" if found.best_rho > found.rho else "weaker"
    gain = f"{table.best.rate / table.game.rate:.3g} times as fast" if table.game.rate > 0 else "at all"
    return (
        f"A {where} penalty, --rho {found.best_rho:.3g}, lets the slowest of these modes decay {gain}; "
        "--rho auto takes it."
    )


def _compare(found: "Sequence[NetworkStability]", refused: Mapping[str, UsageError], measures: Sequence[str]) -> None:
    console.heading(f"{_title(found[0], rho=False).partition(' / ')[2]}, {found[0].table.asked} strongest modes")
    rows: dict[str, list[str]] = {
        name: [name, f"{error.message}{f'; {error.remedy}' if error.remedy else ''}"] for name, error in refused.items()
    }
    for one in found:
        smallest = min(one.ratios.tolist(), default=float("nan"))
        numbers = (one.rho, one.table.trace.value, smallest, one.table.game.rate)
        best = (one.best_rho, one.table.best.rate, one.table.simultaneous.step)
        name = one.setup.recipe.measure.name
        rows[name] = [name, *(f"{number:.4g}" for number in (*numbers, *best)), one.table.verdict]
    titles = ("measure", "rho", "tr Q", "least ratio", "rate", "best rho", "rate there", "step", "modes")
    prose.table(titles, [rows[name] for name in measures])
    prose.paragraph(
        "Least ratio: the smallest damping ratio, 0 undamped, 1 critical. Rate: with which the slowest mode decays. "
        "Step: the largest simultaneous Euler step of these modes.",
        dim=True,
    )
    click.echo()
    prose.paragraph(found[0].table.claim.partition(";")[2].partition(". ")[2])


def _title(found: "NetworkStability", *, rho: bool = True) -> str:
    recipe = found.setup.recipe
    names = [recipe.measure.name, recipe.loss.name, recipe.architecture.name, recipe.dataset.name]
    return f"{' / '.join(names)}{f', rho = {found.rho:g}' if rho else ''}"


def _draw(path: Path, found: Sequence["NetworkStability"]) -> None:
    from gpreg.pictures.files import save_png
    from gpreg_theory.pictures.spectrum import damping_ratios

    count = min(len(one.table.modes) for one in found)
    if not count:
        raise UsageError("there is no mode to draw", remedy="leave --picture out")
    ratios = {one.setup.recipe.measure.name: one.ratios[:count] for one in found}
    frequencies = found[0].frequencies[:count]
    save_png(damping_ratios(ratios, frequencies, note=_title(found[0])), path)

"""What ``gpreg stability`` prints and draws of real networks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.errors import UsageError
from gpreg.pictures.files import save_png
from gpreg_theory.advice.stabilities import NetworkComparison
from gpreg_theory.advice.stability import NetworkStability
from gpreg_theory.commands import prose
from gpreg_theory.pictures.spectrum import damping_ratios


def print_answer(answer: NetworkComparison, measures: Sequence[str]) -> None:
    """Print one measure in full, or several compared in the order in which they were asked for; and the notes."""
    if len(measures) > 1:
        _print_comparison(answer.found, answer.refused, measures)
    else:
        _print_one(answer.found[0])
    for note in dict.fromkeys(note for one in answer.found for note in (*one.notes, *one.table.notes)):
        prose.paragraph(f"Note: {note}", rest="  ", dim=True)


def _print_one(found: NetworkStability) -> None:
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


def _advice(found: NetworkStability, rho: Any) -> str:
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


def _print_comparison(
    found: Sequence[NetworkStability], refused: Mapping[str, UsageError], measures: Sequence[str]
) -> None:
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


def _title(found: NetworkStability, *, rho: bool = True) -> str:
    recipe = found.setup.recipe
    names = [recipe.measure.name, recipe.loss.name, recipe.architecture.name, recipe.dataset.name]
    return f"{' / '.join(names)}{f', rho = {found.rho:g}' if rho else ''}"


def draw(path: Path, answer: NetworkComparison) -> None:
    """Draw the modes' damping ratios with each measure.

    Raises:
        UsageError: there is no mode.
        GpregError: the file cannot be written.
    """
    found = answer.found
    count = min(len(one.table.modes) for one in found)
    if not count:
        raise UsageError("there is no mode to draw", remedy="leave --picture out")
    ratios = {one.setup.recipe.measure.name: one.ratios[:count] for one in found}
    frequencies = found[0].frequencies[:count]
    save_png(damping_ratios(ratios, frequencies, note=_title(found[0])), path)

"""What ``gpreg stability`` says of real networks: those of a recipe, or of a run."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpreg.cli import console
from gpreg.cli.check import run_at
from gpreg.cli.choices import named
from gpreg.cli.console import Column
from gpreg.recipe import check_clashes, override, resolve
from gpreg.registry.registry import Registry

if TYPE_CHECKING:
    from gpreg.training.stability import NetworkStability


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
        data_root, download: how this machine gets at data.
        picture: where to draw the damping ratios; ``None``: nowhere.
    """

    system: str
    measures: Mapping[str, Mapping[str, Any]]
    changes: Mapping[str, Any]
    modes: int
    step: int | str | None
    construction: bool | None
    data_root: Path | None
    download: bool
    picture: Path | None


def report(question: Question, registry: Registry, *, as_json: bool) -> None:
    """Look at the networks with each measure, and print and draw what is found.

    Raises:
        UsageError: choices clash, or there is no linearised game for them; says why.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    found = [_look(question, registry, measure) for measure in question.measures or (None,)]
    if question.picture is not None:
        _draw(question.picture, found)
    if as_json:
        console.emit({"schema": 1, "stability": {"system": question.system, "networks": [f.to_dict() for f in found]}})
        return
    if len(found) > 1:
        _compare(found)
    else:
        _print(found[0])
    for note in dict.fromkeys(note for one in found for note in (*one.notes, *one.table.notes)):
        console.note(f"Note: {note}")
    if question.picture is not None:
        console.talk(f"{question.picture} written")


def _look(question: Question, registry: Registry, measure: str | None) -> "NetworkStability":
    from gpreg.cli.progress import stages
    from gpreg.runs.data import DataAccess
    from gpreg.training.stability import network_stability

    run = run_at(question.system)
    base = named(str(run / "recipe.toml") if run else question.system, registry)
    changes = dict(question.changes)
    if measure is not None:
        changes["measure"] = {"name": measure, **question.measures[measure]}
    recipe = resolve(override(base, changes, registry)[0], registry)
    check_clashes(recipe, registry)
    with stages() as tell:
        return network_stability(
            recipe,
            registry,
            run=run,
            step=question.step,
            construction=question.construction,
            modes=question.modes,
            access=DataAccess(root=question.data_root, download=question.download),
            tell=console.talk,
            progress=tell,
        )


def _print(found: "NetworkStability") -> None:
    table, recipe = found.table, found.experiment.recipe
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
    console.table([Column("", wrap=False), Column("")], list(map(list, facts.items())), titles=False)
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
        titles = ("frequency", "u^T Q u", "99 % interval", "damping ratio", "")
        console.table([Column(title, wrap=False) for title in titles], rows)
        console.note("A damping ratio of 0 is undamped, of 1 critical; above 1 a mode creeps.")
    click.echo()
    click.echo(textwrap.fill(table.claim, 100))
    advice = _advice(found, recipe.penalty.rho)
    if advice:
        click.echo(textwrap.fill(advice, 100))


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


def _compare(found: Sequence["NetworkStability"]) -> None:
    console.heading(f"{_title(found[0]).partition(' / ')[2]}, {found[0].table.asked} strongest modes")
    titles = ("measure", "rho", "tr Q", "smallest ratio", "median ratio", "rate", "best rho", "rate there", "step", "")
    rows = []
    for one in found:
        ratios = sorted(one.ratios.tolist()) or [float("nan")]
        numbers = (one.rho, one.table.trace.value, ratios[0], ratios[len(ratios) // 2], one.table.game.rate)
        best = (one.best_rho, one.table.best.rate, one.table.simultaneous.step)
        name = one.experiment.recipe.measure.name
        rows.append([name, *(f"{number:.4g}" for number in (*numbers, *best)), one.table.verdict])
    console.table([Column(title, wrap=False) for title in titles], rows)
    console.note("Ratios are damping ratios; step is the largest simultaneous Euler step of these modes.")
    click.echo()
    click.echo(textwrap.fill(found[0].table.claim.partition(";")[2].partition(". ")[2], 100))


def _title(found: "NetworkStability") -> str:
    recipe = found.experiment.recipe
    names = [recipe.measure.name, recipe.loss.name, recipe.architecture.name, recipe.dataset.name]
    return f"{' / '.join(names)}, rho = {found.rho:g}"


def _draw(path: Path, found: Sequence["NetworkStability"]) -> None:
    from gpreg.errors import UsageError
    from gpreg.pictures.files import save_png
    from gpreg.pictures.spectrum import damping_ratios

    count = min(len(one.table.modes) for one in found)
    if not count:
        raise UsageError("there is no mode to draw", remedy="leave --picture out")
    ratios = {one.experiment.recipe.measure.name: one.ratios[:count] for one in found}
    frequencies = found[0].frequencies[:count]
    save_png(damping_ratios(ratios, frequencies, note=_title(found[0])), path)

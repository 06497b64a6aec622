"""``gpreg stability`` for networks: those of a recipe or of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.choices import data_access
from gpreg.cli.parameters import complete_choice
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.experiments.choices import changes_of, named
from gpreg.recipe import Recipe, override, resolve
from gpreg.registry.options import assignments
from gpreg.runs.plan import Plan, Supply
from gpreg_theory.commands.check import run_at, step_of
from gpreg_theory.commands.measure_options import measures_with_options
from gpreg_theory.commands.shared_options import png, shared

OWN = "the measure of the recipe"
"""The name for the measure where none is chosen."""


def command() -> click.Command:
    """Make the half of ``stability`` for recipes and runs."""

    @click.command("stability")
    @shared("networks")
    @click.option(
        "--constraint",
        "constraints",
        multiple=True,
        metavar="NAME",
        help="what the weights of a network obey; repeatable, or none",
        shell_complete=complete_choice("constraint"),
    )
    @click.option(
        "-C",
        "constraint_options",
        multiple=True,
        metavar="[NAME.]KEY=VALUE",
        help="option of one of these constraints; without NAME. of all that have it",
    )
    @click.option("--set", "keys", multiple=True, metavar="KEY=VALUE", help="any key of the recipe, as in `train`")
    @click.option("--modes", type=click.IntRange(min=1), default=10, show_default=True, help="how many to find")
    @click.option("--step", help="of a run: its checkpoint, or 'best'; by default the newest")
    @click.option(
        "--construction/--as-trained",
        default=None,
        help="look where the critic's last layer is zero, or where the networks are",
    )
    @data_access
    @click.pass_context
    @console.told
    def stability(
        ctx: click.Context,
        /,
        system: str,
        modes: int,
        step: str | None,
        construction: bool | None,
        picture: Path | None,
        data_root: Path | None,
        download: bool,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Say how stable the game of real networks is: which of the strongest modes are damped, and the best rho.

        SYSTEM is a recipe, its file, or the folder of a run. The strongest modes that the generator moves are found,
        for one batch and at one point: where the critic's last layer is zero, an equilibrium by construction; of a
        run, where its networks are.

            gpreg stability plane --measure mid --measure pd

        Learning rates are of plain gradient steps; the momentum of Adam is outside this theory.
        """
        session: Session = ctx.find_object(Session)  # type: ignore[assignment] # main gives it
        png(picture)
        run = run_at(system)
        at = step_of(step, run)
        options = assignments(given["measure_options"])
        chosen = measures_with_options(list(dict.fromkeys(given["measures"])), options, session.registry)
        known = session.open_run(run).supply.registry if run else session.registry
        supply = Supply(registry=known, data_root=data_root, download=download)
        plans = _plans(system, run, chosen, _changes(given), supply)
        from gpreg.experiments.progress import stages
        from gpreg_theory.advice.stabilities import network_stabilities
        from gpreg_theory.commands.network_tables import draw, print_answer

        answer = network_stabilities(plans, run=run, step=at, construction=construction, modes=modes, stages=stages)
        if picture is not None:
            draw(picture, answer)
        if as_json:
            console.emit({"schema": 1, "stability": {"system": system, **answer.to_dict()}})
            return
        print_answer(answer, list(plans))
        if picture is not None:
            console.talk(f"{picture} written")

    return stability


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of the recipe, by dotted keys."""
    changes = assignments(given["keys"])
    if given["rho"] is not None:
        changes["penalty.rho"] = given["rho"]
    for kind in ("form", "loss", "measure"):
        if kind != "measure" and given[kind] is not None:
            changes[f"{kind}.name"] = given[kind]
        if given[f"{kind}_options"] and not (kind == "measure" and given["measures"]):
            changes[kind] = assignments(given[f"{kind}_options"])
    chosen = {
        "constraints": given["constraints"] or None,
        "constraint_options": assignments(given["constraint_options"]),
    }
    return changes | changes_of(chosen)


def _plans(
    system: str, run: Path | None, measures: Mapping[str, Mapping[str, Any]], changes: Mapping[str, Any], supply: Supply
) -> dict[str, Plan | UsageError]:
    """The plan with each measure, or the error that there is none."""
    if not measures:
        return {OWN: supply.plan(_recipe(system, run, changes, supply))}
    plans: dict[str, Plan | UsageError] = {}
    for name, options in measures.items():
        recipe = _recipe(system, run, {**changes, "measure": {"name": name, **options}}, supply)
        try:  # misspelt options were refused before; a clash is told in the row of this measure
            plans[name] = supply.plan(recipe)
        except UsageError as error:
            plans[name] = error
    return plans


def _recipe(system: str, run: Path | None, changes: Mapping[str, Any], supply: Supply) -> Recipe:
    base = named(str(run / "recipe.toml") if run else system, supply.registry, changes)
    return resolve(override(base, dict(changes), supply.registry)[0], supply.registry)

"""``gpreg sweep``: train every combination of choices, and compare them."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from gpreg.cli import console
from gpreg.cli.choices import choices, data_access
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.experiments.choices import LIST_OPTIONS, OPTIMIZERS, OPTIONS, SETTINGS, VARIED
from gpreg.recipe.layout import LISTS, PLUGINS
from gpreg.registry.options import assignments

if TYPE_CHECKING:
    from gpreg.sweeps.asked import Asked
    from gpreg.sweeps.cell import Result
    from gpreg.sweeps.sweep import Sweep


def command(name: str) -> click.Command:
    """The command ``sweep``."""

    @click.command(name)
    @choices
    @click.option(
        "--seeds", metavar="FIRST:END", help="seeds of the runs that are compared: 0:5, or 0,7,9; by default 0:3"
    )
    @click.option("--grid", metavar="NUMBERS", help="the coefficients that --rho tuned chooses from: 0.1,1,10")
    @click.option("--tuning-seeds", metavar="FIRST:END", help="seeds of the runs by which --rho tuned chooses")
    @click.option(
        "--halving", is_flag=True, help="--rho tuned gives up the worse half of the coefficients early, twice"
    )
    @click.option(
        "--score", default="", metavar="METRIC/VALUE", help="what rows are compared by, such as wasserstein/w1"
    )
    @click.option("--scale", metavar="NAME", help="a scale of a named sweep, such as small")
    @click.option("--out", type=click.Path(path_type=Path), help="the sweep's folder; by default a new one in sweeps/")
    @click.option("--dry-run", is_flag=True, help="list the cells and how long they will take, and run nothing")
    @click.option("--commands", is_flag=True, help="print one shell command for each cell, and run nothing")
    @click.option("--strict", is_flag=True, help="refuse combinations that are impossible, which are else skipped")
    @click.option("--executor", default="local", metavar="NAME", help="where cells are run; `gpreg list-executors`")
    @click.option("-E", "executor_options", multiple=True, metavar="KEY=VALUE", help="option of the executor")
    @click.option("--no-vectorize", is_flag=True, help="train each cell by itself, and none jointly")
    @click.option("--changed", is_flag=True, help="go on though the folder holds a sweep that differs")
    @click.option(
        "--cell", "cells", multiple=True, metavar="NAME", help="only run this cell of the folder, in this process"
    )
    @data_access
    @click.pass_obj
    @console.told
    def sweep(
        session: Session,
        /,
        recipe: str | None,
        data_root: Path | None,
        download: bool,
        cells: tuple[str, ...],
        dry_run: bool,
        commands: bool,
        **given: Any,
    ) -> None:
        """Train every combination of choices, and compare them.

        RECIPE is a recipe, a sweep of `gpreg list-sweeps`, the TOML file of one, or the folder of one, with which it
        goes on. A choice with commas is an axis; `all` is all that are installed. An option that is given twice, such
        as --regularizer, is both in each run:

            gpreg sweep plane --measure wgan-gp,pd,mid --seeds 0:3

        --rho takes numbers (0.1,1,10), or says how each row gets its own: recipe, auto, equal or tuned. Each cell is
        run by a process of its own and has a folder as `gpreg train` leaves it. Ctrl-C saves the state; cells that
        have ended are never run again. `gpreg report` shows the result.
        """
        from gpreg.sweeps.asked import ask
        from gpreg.sweeps.sweep import open_sweep

        if cells:
            if recipe is None:
                raise UsageError("--cell names a cell of no sweep", remedy="write gpreg sweep FOLDER --cell NAME")
            open_sweep(recipe, registry=session.registry, data_root=data_root, download=download).run(*cells)
            return
        keywords = {key: given[key] for key in ("grid", "tuning_seeds", "halving", "score", "scale", "executor")}
        keywords |= {key: given[key] for key in ("out", "strict", "changed", "rho")}
        asked = ask(
            recipe,
            seeds=given["seeds"] or given["seed"],
            vectorize=not given["no_vectorize"],
            executor_options=assignments(given["executor_options"]),
            data_root=data_root,
            download=download,
            registry=session.registry,
            files=session.files.files if session.files else (),
            **keywords,
            **_choices(given),
        )
        if commands:
            for line in asked.commands():
                click.echo(line)
        elif dry_run:
            _show(asked)
        else:
            _conclude(asked.carry_out(progress=True))

    return sweep


def _choices(given: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of a sweep, in which a value with commas is a list."""
    words: dict[str, Any] = {}
    for name in (*PLUGINS, *SETTINGS, *OPTIMIZERS):
        if name not in {"rho", "seed"} and given[name] is not None:
            words[name] = _axis(given[name])
    words |= {name: assignments(given[name]) for name in (*OPTIONS, *LIST_OPTIONS) if given[name]}
    for name in LISTS:
        if len(given[name]) == 1 and name in VARIED:
            words[name] = _axis(given[name][0])
        elif given[name]:
            words[name] = ",".join(given[name])
    for text in given["keys"]:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{text!r} is not of the form key=value", remedy="write --set training.batch_size=64,128")
        words[key.strip()] = value[1:-1] if value.startswith("[") else _axis(value)
    return words


def _axis(value: Any) -> Any:
    """A list of the words between commas; a single one as it is."""
    if not isinstance(value, str) or ("," not in value and value != "all"):
        return value
    return [word.strip() for word in value.split(",") if word.strip()]


def _show(asked: "Asked") -> None:
    """Print the cells that would be run, and how long they take."""
    expansion = asked.expansion()
    columns = [
        console.Column("cell", wrap=False),
        *(console.Column(key) for key in ("row", "on", "rho", "seed", "for")),
    ]
    rows = [
        [cell.name, cell.row, cell.column, console.text(cell.rho), str(cell.seed), cell.phase]
        for cell in expansion.cells
    ]
    console.table(columns, rows)
    for each in expansion.waiting:
        console.talk(f"and {each.runs} of {each.template.named}: {each.reason}")
    for skipped in asked.skipped:
        told = ", ".join(f"{key} {value}" for key, value in skipped.choices.items())
        console.talk(f"skipped: {told}: {skipped.reason}")
    console.talk(asked.estimate())


def _conclude(done: "Sweep") -> None:
    """Print each row's scores and the sweep's folder."""
    score = done.score
    rows: dict[tuple[Any, ...], list[Result]] = {}
    for result in done.results:
        if result.cell.phase == "final":
            rows.setdefault((result.cell.column, result.cell.row, result.cell.rho), []).append(result)
    columns = [console.Column(key) for key in ("on", "row", "rho", f"median of {score}", "each seed")]
    lines = []
    for (column, row, rho), results in rows.items():
        scores = [result.scores.get(score) for result in results]
        each = [
            result.state if value is None else f"{value:.4g}" for result, value in zip(results, scores, strict=True)
        ]
        known = [value for value in scores if value is not None]
        middle = (
            f"{median(known):.4g}"
            if len(known) == len(scores)
            else f"{len(scores) - len(known)} of {len(scores)} have none"
        )
        lines.append([column, row, console.text(rho), middle, "  ".join(each)])
    console.table(columns, lines)
    console.say(f"sweep   {done.path}")
    console.talk(f"`gpreg report {shlex.quote(str(done.path))}` says what is better than what, and how sure that is.")

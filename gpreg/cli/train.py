"""``gpreg train`` and ``gpreg resume``: a run from a recipe, or from where it was left."""

import os
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.choices import choices, chosen_with_origin, data_access
from gpreg.cli.session import Session
from gpreg.recipe import Recipe
from gpreg.runs.plan import Plan


def command(name: str) -> click.Command:
    """The command ``train`` or ``resume``."""
    return _train(name) if name == "train" else _resume(name)


def _train(name: str) -> click.Command:
    @click.command(name)
    @choices
    @click.option("--out", type=click.Path(path_type=Path), help="the run's folder; by default a new one in runs/")
    @click.option("--overwrite", is_flag=True, help="replace the run that is in the folder")
    @click.option("--strict", is_flag=True, help="stop with exit code 4 if an assumption of the theorem is violated")
    @click.option(
        "--init",
        metavar="RUN",
        type=click.Path(path_type=Path),
        help="begin with another run's weights: its folder, for its newest checkpoint, or RUN/checkpoints/step-N",
    )
    @click.option("--dry-run", is_flag=True, help="print the complete recipe and what a step costs, and train nothing")
    @data_access
    @click.pass_obj
    @console.told
    def train(
        session: Session,
        /,
        recipe: str | None,
        out: Path | None,
        overwrite: bool,
        strict: bool,
        init: Path | None,
        dry_run: bool,
        data_root: Path | None,
        download: bool,
        **given: Any,
    ) -> None:
        """Train a GAN.

        RECIPE is a name of `gpreg list-recipes` or a TOML file; choices override it. Without one, the recipe that the
        architecture is tried with first is taken:

            gpreg train --measure mid --arch dcgan

        The run's folder holds the complete recipe, statistics, scores, pictures and checkpoints. Ctrl-C saves the
        state; `gpreg resume` goes on from it. Options of metrics and observers are set in a file:

            gpreg train plane --metric fid --dry-run > mine.toml
        """
        plan, origin = chosen_with_origin(session.supply(data_root, download=download), recipe, given)
        from gpreg.runs.folder import next_free
        from gpreg.runs.replacement import check_replaceable

        path = out or next_free(Path("runs"), _title(plan.recipe))
        check_replaceable(path, overwrite=overwrite)
        if dry_run:
            _show(plan, init, origin, strict=strict)
            return
        from gpreg.experiments.progress import RunProgress
        from gpreg.training.run import start

        progress = RunProgress()
        with console.telling(progress.say):
            folder = start(
                plan,
                path,
                overwrite=overwrite,
                strict=strict,
                init=init,
                chosen_for=origin,
                observers=[progress],
            )
        _conclude(folder)

    return train


def _resume(name: str) -> click.Command:
    @click.command(name)
    @click.argument("run", type=click.Path(path_type=Path))
    @click.option("--steps", type=int, metavar="N", help="generator iterations in all, from now on: extends the run")
    @click.option(
        "--strict/--no-strict",
        default=None,
        help="stop with exit code 4 if an assumption of the theorem is violated, or not; by default as until now",
    )
    @data_access
    @click.pass_obj
    @console.told
    def resume(
        session: Session, run: Path, steps: int | None, strict: bool | None, data_root: Path | None, download: bool
    ) -> None:
        """Continue a run that was stopped, from its newest checkpoint.

        On the same machine it ends with the weights that it would have had without the stop, bit for bit. One that is
        complete goes on if it is given more steps:

            gpreg resume runs/00000-mid-mlp-8gaussians --steps 20000
        """
        from gpreg.experiments.progress import RunProgress
        from gpreg.training.resumption import Wishes
        from gpreg.training.resumption import resume as go_on

        progress = RunProgress()
        supply = session.supply(data_root, download=download)
        wishes = Wishes(steps=steps, strict=strict)
        with console.telling(progress.say):
            folder = go_on(run, supply, wishes=wishes, observers=[progress])
        _conclude(folder)

    return resume


def _show(plan: Plan, init: Path | None, origin: Recipe | None, *, strict: bool) -> None:
    """The recipe on stdout, what it costs and what rho means on stderr; nothing on stdout if it cannot be trained."""
    from gpreg.errors import NotDownloaded
    from gpreg.recipe import write
    from gpreg.training.costs import costs
    from gpreg.training.rehearsal import rehearse

    try:
        data = rehearse(plan, init=init, chosen_for=origin, strict=strict)
        told = costs(plan, data).lines()
    except NotDownloaded as error:
        told = [f"what a step costs is known once the data is there: {error}"]
    click.echo(write(plan.recipe), nl=False)
    for line in told:
        console.talk(line)


def _conclude(folder: Any) -> None:
    """What came of it, on stdout: the last scores, and where everything is. One process of several tells it."""
    if os.environ.get("RANK", "0") != "0":  # torchrun runs this command in every process
        return
    last = {line["metric"]: line for line in folder.metrics.read()}
    rows = [
        [
            f"{metric}/{name}" if len(line["values"]) > 1 else metric,
            console.text(value if value is None else f"{value:.5g}"),
            f"{line['step']:,}",
        ]
        for metric, line in last.items()
        for name, value in line["values"].items()
    ]
    if rows:
        console.table([console.Column("score", wrap=False), console.Column("value"), console.Column("step")], rows)
    pictures = sorted(folder.samples.glob("*.png"))
    console.say(f"run      {folder.path}")
    if pictures:
        console.say(f"picture  {pictures[-1]}")


def _title(recipe: Recipe) -> str:
    names = (recipe.measure.name, recipe.architecture.name, recipe.dataset.name)
    return "-".join(name.replace(":", ".") for name in names)  # of FILE.py:NAME; no file system likes a colon

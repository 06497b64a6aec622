"""``gpreg train`` and ``gpreg resume``: start a run from a recipe, or continue one."""

import math
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpreg.cli import console
from gpreg.cli.choices import choices, chosen, data_access
from gpreg.cli.session import Session
from gpreg.errors import NotDownloaded
from gpreg.experiments.experiment import Experiment

if TYPE_CHECKING:
    from gpreg.experiments.run import Run


def command(name: str) -> click.Command:
    """The command ``train`` or ``resume``."""
    return _train(name) if name == "train" else _resume(name)


def _train(name: str) -> click.Command:
    @click.command(name)
    @choices
    @click.option("--out", type=click.Path(path_type=Path), help="the run's folder; by default a new one in runs/")
    @click.option("--overwrite", is_flag=True, help="replace the run that is in the folder")
    @click.option(
        "--strict", is_flag=True, help="stop with exit code 4 if an advisor refuses: an assumption is violated"
    )
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
        asked = chosen(session.registry, recipe, given, data_root=data_root, download=download)
        if dry_run:
            _show(asked, out, overwrite=overwrite, strict=strict, init=init)
        else:
            _conclude(asked.train(out, overwrite=overwrite, strict=strict, init=init, progress=True))

    return train


def _resume(name: str) -> click.Command:
    @click.command(name)
    @click.argument("run", type=click.Path(path_type=Path))
    @click.option("--steps", type=int, metavar="N", help="generator iterations in all, from now on: extends the run")
    @click.option(
        "--strict/--no-strict",
        default=None,
        help="stop with exit code 4 if an advisor refuses, or not; by default as until now",
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
        begun = session.open_run(run, data_root=data_root, download=download)
        _conclude(begun.resume(steps=steps, strict=strict, progress=True))

    return resume


def _show(asked: Experiment, out: Path | None, *, overwrite: bool, strict: bool, init: Path | None) -> None:
    """Print the recipe on stdout if it can be trained, and on stderr its costs and what rho means."""
    try:
        data = asked.rehearse(out, overwrite=overwrite, strict=strict, init=init)
        told = asked.costs(data).lines()
    except NotDownloaded as error:
        told = [f"what a step costs is known once the data is there: {error}"]
    click.echo(asked.toml, nl=False)
    for line in told:
        console.talk(line)


def _conclude(run: "Run") -> None:
    """Print the last scores and the run's folder on stdout. Of several processes, only process 0 prints."""
    if os.environ.get("RANK", "0") != "0":  # torchrun runs this command in every process
        return
    last = {(row["metric"], row["score"]): row for row in run.scores}
    several = Counter(metric for metric, _ in last)
    rows = [
        [
            f"{metric}/{name}" if several[metric] > 1 else metric,
            "–" if math.isnan(row["value"]) else f"{row['value']:.5g}",
            f"{row['step']:,}",
        ]
        for (metric, name), row in last.items()
    ]
    if rows:
        console.table([console.Column("score", wrap=False), console.Column("value"), console.Column("step")], rows)
    console.say(f"run      {run.path}")
    if pictures := run.pictures:
        console.say(f"picture  {pictures[-1]}")

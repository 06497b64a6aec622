"""``gpreg check``: which assumptions of the convergence theorem hold for a choice or for a run."""

import textwrap
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.choices import choices, chosen, data_access
from gpreg.cli.listing import MARKS
from gpreg.cli.parameters import as_json
from gpreg.cli.session import Session
from gpreg.errors import UsageError

_MARKS = {"holds": MARKS["holds"], "violated": MARKS["fails"], "undecided": MARKS["depends"]}


def command(name: str) -> click.Command:
    """The command ``check``."""

    @click.command(name)
    @choices
    @click.option("--step", help="of a run's checkpoint, or 'best'; by default the newest")
    @click.option("--all", "every", is_flag=True, help="every finding, not only the decisive one of each assumption")
    @click.option("--strict", is_flag=True, help="exit with 4 if an assumption that the theorem needs is violated")
    @data_access
    @as_json
    @click.pass_obj
    def check(
        session: Session,
        /,
        recipe: str | None,
        step: str | None,
        every: bool,
        strict: bool,
        data_root: Path | None,
        download: bool,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Say which assumptions of the convergence theorem hold for a choice, and what that means.

        RECIPE is a name of `gpreg list-recipes` or a TOML file, and choices override it, as in `gpreg train`:

            gpreg check --measure mid --arch mlp

        Nothing is trained. Where the critic ends in a linear layer, the assumptions are looked at where that layer is
        zero: an equilibrium by construction. RECIPE may also be the folder of a run; its networks are then looked at
        as they are in its newest checkpoint:

            gpreg check runs/00000-mid-mlp-8gaussians

        Each verdict has a basis: proved from structure, measured, or declared by the measure's plugin. "holds" is never
        concluded from a failure to find a counterexample, and a measured "violated" was seen on two batches.
        """
        run = run_at(recipe)
        complete = chosen(session.registry, str(run / "recipe.toml") if run else recipe, given)
        from gpreg.cli.progress import telling
        from gpreg.runs.data import DataAccess
        from gpreg.training.checks import document, refuse_violations
        from gpreg.training.examine import examine

        with nullcontext() if as_json else telling(console.talk):
            found = examine(
                complete,
                session.registry,
                run=run,
                step=step_of(step, run),
                access=DataAccess(root=data_root, download=download),
                tell=console.talk,
            )
        if as_json:
            console.emit(document(found.report, found.experiment, step=found.step))
        else:
            _print(found, every=every)
        if strict:
            refuse_violations(found.report)

    return check


def run_at(word: str | None) -> Path | None:
    """The folder of a run that has checkpoints, if that is what the word names."""
    path = Path(word or "")
    return path if word and (path / "recipe.toml").is_file() and (path / "checkpoints").is_dir() else None


def step_of(word: str | None, run: Path | None) -> int | str | None:
    """Which checkpoint is meant.

    Raises:
        UsageError: there is no run to have one, or it is neither a number nor 'best'.
    """
    from gpreg.cli.sample import checkpoint

    if word is not None and run is None:
        raise UsageError("--step names a checkpoint, and no run was given", remedy="give the folder of a run first")
    return checkpoint(word)


def _print(found: Any, *, every: bool) -> None:
    from gpreg.registry.assumptions import ASSUMPTIONS

    report = found.report
    console.heading(found.title)
    findings = [own for name in ASSUMPTIONS for own in report.findings if own.assumption == name]
    rows = [
        [own.assumption, _MARKS[own.verdict], own.basis, ASSUMPTIONS[own.assumption].short, own.evidence]
        for own in (findings if every else report.table)
    ]
    columns = [console.Column("", wrap=False), console.Column("", wrap=False), console.Column("basis", wrap=False)]
    console.table([*columns, console.Column("assumption"), console.Column("evidence")], rows)
    click.echo()
    click.echo(textwrap.fill(report.conclusion.text, 100))
    for change in report.conclusion.changes:
        click.echo(textwrap.fill(change, 100, initial_indent="→ ", subsequent_indent="  "))
    for note in report.notes:
        console.note(f"Note: {note}")

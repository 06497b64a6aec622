"""``gpreg cite``: BibTeX for exactly what a recipe, a run or a sweep used."""

from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.choices import choices, chosen
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.experiments.bibliography import Citations
from gpreg.experiments.citations import citations_of_sweep, is_sweep, own_citation
from gpreg.registry.kinds import SWEEP


def command(name: str) -> click.Command:
    """The command ``cite``."""

    @click.command(name)
    @choices
    @click.option("--theory", is_flag=True, help="also what the checks of assumptions and the advisors follow")
    @click.option(
        "--out", type=click.Path(path_type=Path), metavar="FILE", help="write there, and replace it; else on stdout"
    )
    @click.option("--json", "as_json", is_flag=True, help="JSON instead of BibTeX")
    @click.pass_obj
    def cite(
        session: Session, /, recipe: str | None, theory: bool, out: Path | None, as_json: bool, **given: Any
    ) -> None:
        """Print BibTeX for exactly what was used.

        RECIPE is a recipe's name or file, the folder of a run, or a sweep, by name or folder: its cells together. Its
        measure, form, loss, architecture, dataset, metrics and observers are cited, its own source, gpreg and PyTorch,
        each publication once and below a comment that says what for. A recipe may be changed as for `gpreg train`:

            gpreg cite plane --measure pd --out references.bib

        Without RECIPE and choices, gpreg itself. The text is UTF-8, which biber and BibTeX of today read.
        """
        found = _found(session, recipe, given)
        found = found.with_theory if theory else found
        if out is not None:
            found.save(out, as_json=as_json)
            console.say(str(out))
        elif as_json:
            console.emit(found.document())
        else:
            console.say(found.bibtex.rstrip("\n"))

    return cite


def _found(session: Session, recipe: str | None, given: dict[str, Any]) -> Citations:
    changes = any(value not in (None, ()) for value in given.values())
    if recipe is None and not changes:
        return own_citation()
    folder = None if recipe is None else Path(recipe)
    if recipe is not None and any(spec.name == recipe for spec in session.registry.list(SWEEP)):
        if changes:
            raise UsageError(f"{recipe} is a sweep, which has choices of its own", remedy=f"type `gpreg cite {recipe}`")
        from gpreg.sweeps.asked import ask

        return ask(recipe, registry=session.registry).citations
    if folder is None or not folder.is_dir():
        return chosen(session.registry, recipe, given).citations
    if changes:
        raise UsageError(
            f"{folder} was made with choices of its own, which others cannot change",
            remedy=f"`gpreg cite {folder}` cites them",
        )
    if is_sweep(folder):
        return citations_of_sweep(folder, session.registry)
    return session.open_run(folder).citations

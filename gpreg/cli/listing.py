"""``gpreg list-measures`` and the other ``list-`` commands, generated from the kinds."""

from collections.abc import Sequence

import click

from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.parameters import as_json, complete_name
from gpreg.cli.session import Session
from gpreg.errors import did_you_mean
from gpreg.registry import schema
from gpreg.registry.assumptions import ASSUMPTIONS, MARKS
from gpreg.registry.kinds import KINDS
from gpreg.registry.spec import Spec
from gpreg.registry.specs import MeasureSpec

LEGEND = (
    "5a-6c are assumptions of the convergence theorem, for the form squared: ✓ holds, ✗ fails, ~ depends, "
    "– not applicable."
)


def command(name: str) -> click.Command:
    """The command that lists one kind, e.g. ``"list-measures"``."""
    kind = next(kind for kind in KINDS.values() if kind.listing == f"gpreg {name}")

    @click.command(name, help=f"List the installed {kind.plural}, or those whose name matches PATTERN, such as 'p*'.")
    @click.argument("pattern", default="*", shell_complete=complete_name)
    @as_json
    @click.pass_obj
    def listing(session: Session, pattern: str, as_json: bool) -> None:
        specs = session.registry.list(kind, pattern)
        if not specs:
            known = [spec.name for spec in session.registry.list(kind)]
            console.talk(
                f"No {kind.name} matches {pattern!r}{did_you_mean(pattern, known)}"
                if known
                else f"No {kind.plural} are installed; {kind.absent}."
            )
        if as_json:
            console.emit(schema.listing(kind, specs))
        elif specs:
            _print(specs)

    return listing


def _print(specs: tuple[Spec, ...]) -> None:
    measures = [spec for spec in specs if isinstance(spec, MeasureSpec)]
    if measures:
        _print_measures(measures)
        return
    rows = [schema.row(spec) for spec in specs]
    columns = [
        Column("name", wrap=False, style="bold"),
        *(Column(key) for key in rows[0] if key not in ("name", "summary", "package", "version")),
        Column("summary"),
        Column("package", aside=True),
    ]
    console.table(columns, [[console.text(row[column.title]) for column in columns] for row in rows])


def measures_table(specs: Sequence[MeasureSpec]) -> tuple[list[str], list[list[str]]]:
    """The papers' table: titles and rows, without the package. Assumptions that no measure claims are left out."""
    claims = [{claim.assumption: MARKS[claim.verdict] for claim in spec.claims} for spec in specs]
    assumptions = [assumption for assumption in ASSUMPTIONS if any(assumption in claimed for claimed in claims)]
    rows = [
        [
            spec.name,
            spec.penalty,
            spec.sampling,
            spec.mass,
            *(claimed.get(assumption, "–") for assumption in assumptions),
        ]
        for spec, claimed in zip(specs, claims, strict=True)
    ]
    return ["name", "penalty term", "sampling", "mass", *assumptions], rows


def _print_measures(specs: Sequence[MeasureSpec]) -> None:
    titles, rows = measures_table(specs)
    columns = [Column(title, wrap=title not in ("name", *ASSUMPTIONS)) for title in titles]
    columns[0] = columns[0]._replace(style="bold")
    rows = [[*row, spec.package] for row, spec in zip(rows, specs, strict=True)]
    console.table([*columns, Column("package", aside=True)], rows)
    if ASSUMPTIONS.keys() & set(titles):
        console.talk(LEGEND)

"""``gpreg list-measures`` and its like: one command for each kind, generated from the kinds."""

from collections.abc import Sequence

import click

from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.parameters import as_json, complete_name
from gpreg.cli.session import Session
from gpreg.errors import did_you_mean
from gpreg.registry import schema
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.specs import KINDS, Kind, MeasureSpec, Spec

MARKS = {"holds": "✓", "fails": "✗", "depends": "~"}
LEGEND = (
    "5a-6c are assumptions of the convergence theorem, for the form squared: ✓ holds, ✗ fails, ~ depends, "
    "– not applicable."
)

NONE = {
    "check": "gpreg's own need no package and run with `gpreg check --measure mid --arch mlp`; a package adds others "
    "through the hook gpreg_checks",
}
"""What to do where nothing of a kind is installed and nothing is amiss."""


def command(name: str) -> click.Command:
    """The command that lists one kind, e.g. ``"list-measures"``."""
    kind = next(kind for kind in KINDS.values() if kind.listing == f"gpreg {name}")

    @click.command(name, help=f"List the installed {kind.plural}, or those whose name matches PATTERN, such as 'p*'.")
    @click.argument("pattern", default="*", shell_complete=complete_name)
    @as_json
    @click.pass_obj
    def listing(session: Session, pattern: str, as_json: bool) -> None:
        specs = session.registry.list(kind.name, pattern)
        if not specs:
            known = [spec.name for spec in session.registry.list(kind.name)]
            console.talk(
                f"No {kind.name} matches {pattern!r}{did_you_mean(pattern, known)}"
                if known
                else f"No {kind.plural} are installed; {NONE.get(kind.name, '`gpreg plugins` says what is')}."
            )
        if as_json:
            console.emit(schema.listing(kind, specs))
        elif specs:
            _print(kind, specs)

    return listing


def _print(kind: Kind, specs: tuple[Spec, ...]) -> None:
    measures = [spec for spec in specs if isinstance(spec, MeasureSpec)]
    if measures:
        _print_measures(measures)
        return
    rows = [schema.row(spec) for spec in specs]
    own = [key for key in rows[0] if key not in ("name", "summary", "package", "version")]
    columns = [
        Column("name", wrap=False, style="bold"),
        *map(Column, own),
        Column("summary"),
        Column("package", aside=True),
    ]
    console.table(columns, [[console.text(row[column.title]) for column in columns] for row in rows])


def measures_table(specs: Sequence[MeasureSpec]) -> tuple[list[str], list[list[str]]]:
    """The papers' table: titles and rows, without the package. Assumptions that no measure claims are left out."""
    claims = [{claim.assumption: MARKS[claim.verdict] for claim in spec.claims} for spec in specs]
    assumptions = [assumption for assumption in ASSUMPTIONS if any(assumption in own for own in claims)]
    rows = [
        [spec.name, spec.penalty, spec.sampling, spec.mass, *(own.get(assumption, "–") for assumption in assumptions)]
        for spec, own in zip(specs, claims, strict=True)
    ]
    return ["name", "penalty term", "sampling", "mass", *assumptions], rows


def _print_measures(specs: Sequence[MeasureSpec]) -> None:
    titles, rows = measures_table(specs)
    columns = [Column(title, wrap=title not in ("name", *ASSUMPTIONS)) for title in titles]
    columns[0] = columns[0]._replace(style="bold")
    packages = [[spec.package] for spec in specs]
    console.table(
        [*columns, Column("package", aside=True)], [row + own for row, own in zip(rows, packages, strict=True)]
    )
    if ASSUMPTIONS.keys() & set(titles):
        console.talk(LEGEND)

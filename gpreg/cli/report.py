"""``gpreg report``: what runs or a sweep have shown, as one HTML page and Markdown."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpreg.cli import console
from gpreg.cli.session import Session

if TYPE_CHECKING:
    from gpreg.reports.report import Report


def command(name: str) -> click.Command:
    """The command ``report``."""

    @click.command(name)
    @click.argument("places", nargs=-1, metavar="[RUN|SWEEP]...", type=click.Path(path_type=Path))
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="FILE.html",
        help="by default report.html in the folder, or here if there are several; Markdown is written beside it",
    )
    @click.option(
        "--score", metavar="METRIC/VALUE", help="what rows are compared by; by default the sweep's, or the first"
    )
    @click.option(
        "--band", type=float, metavar="X", help="a difference of the score that does not matter: within it, equivalent"
    )
    @click.option("--watch", is_flag=True, help="rewrite the page while runs go on, until the last has ended")
    @click.pass_obj
    @console.told
    def report(
        session: Session, places: tuple[Path, ...], out: Path | None, score: str | None, band: float | None, watch: bool
    ) -> None:
        """Report runs or a sweep: one HTML file that needs no other, and Markdown.

        Without a place, the newest folder in sweeps/, or else in runs/. The answer comes first, in one sentence for
        each column of the comparison; what it rests on, below:

            gpreg report runs/00000-mid-mlp-8gaussians runs/00001-pd-mlp-8gaussians
        """
        from gpreg.reports.report import newest, write
        from gpreg.reports.watching import SECONDS
        from gpreg.reports.watching import watch as watching

        found = places or (newest(Path()),)
        refresh = int(SECONDS) if watch else 0

        def again() -> "Report":
            return write(*found, out=out, score=score, band=band, registry=session.registry, refresh=refresh)

        if not watch:
            _show(again())
            return
        for number, written in enumerate(watching(found, again)):
            if not number:
                console.talk(f"{written.path} is rewritten as the runs go on; Ctrl-C ends that")
        _show(written)

    return report


def _show(written: "Report") -> None:
    for line in written.answer:
        console.paragraph(line)
    columns = [console.Column("", wrap=False), console.Column("", wrap=False)]
    rows = [["report", str(written.path)], ["markdown", str(written.markdown)]]
    console.table(columns, rows, titles=False)

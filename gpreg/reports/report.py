"""The report of a run, of several runs or of a sweep: one HTML file that needs no other, and Markdown beside it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gpreg.disk.atomic import creating
from gpreg.errors import UsageError
from gpreg.experiments.arguments import path as place
from gpreg.experiments.citations import is_sweep
from gpreg.registry.registry import Registry, load_registry
from gpreg.reports.composition import compose
from gpreg.reports.material import Material
from gpreg.reports.page import Page
from gpreg.reports.rendering import html, markdown
from gpreg.reports.runs import material_of_runs
from gpreg.reports.sweeps import material_of_sweep


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report that was written.

    Attributes:
        path: of the HTML file.
        markdown: the path of the Markdown beside it.
        answer: what it says first, a sentence for each column.
        pending: number of runs that have not ended.
    """

    path: Path
    markdown: Path
    answer: tuple[str, ...]
    pending: int


def report(
    *places: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    score: str | None = None,
    band: float | None = None,
    registry: Registry | None = None,
) -> Report:
    """Write the report of a run, of several runs or of a sweep.

    Args:
        places: one sweep's folder, or the folders of one or more runs; without any, the newest folder in ``sweeps/``,
            or else in ``runs/``.
        out: the HTML file, ``FILE.html``; by default ``report.html`` in the folder, or here if there are several. The
            Markdown is beside it.
        score: what rows are compared by, ``metric/value``; by default what the sweep says, or else the first score.
        band: a difference of this score that does not matter, such as 0.01: rows that differ by less are equivalent.
        registry: has the measures whose claims are shown; ``None``: all plugins that are installed.

    Raises:
        UsageError: a place is neither a run nor a sweep, or there is no such score.
        StorageError: a file could not be written.

    >>> import gpreg
    >>> run = gpreg.experiment("plane", steps=2, set={"report.score_samples": 200}).train("runs/a", progress=False)
    >>> gpreg.report("runs/a").path
    PosixPath('runs/a/report.html')
    """
    return write(*places, out=out, score=score, band=band, registry=registry)


def write(
    *places: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    score: str | None = None,
    band: float | None = None,
    registry: Registry | None = None,
    refresh: int = 0,
) -> Report:
    """As :func:`report`; a browser loads the page anew after ``refresh`` seconds while runs are going on."""
    if band is not None and not 0 <= band < float("inf"):
        raise UsageError(f"the band is {band}; it must be a finite number >= 0", remedy="try --band 0.01")
    paths = [place(each, "the path") for each in places] or [newest(Path())]
    target = _target(paths, out)
    material = _material(paths, registry or load_registry())
    page = compose(material, score=score, band=band, refresh=refresh)
    _write(target, page)
    return Report(
        path=target,
        markdown=target.with_suffix(".md"),
        answer=tuple(page.answer),
        pending=sum(result.state == "pending" for result in material.results),
    )


def newest(folder: Path) -> Path:
    """The newest sweep in a folder's ``sweeps/``, or else the newest run in its ``runs/``.

    Raises:
        UsageError: there is neither.
    """
    for name, there in (("sweeps", is_sweep), ("runs", lambda path: (path / "recipe.toml").is_file())):
        found = [path for path in _folders(folder / name) if there(path)]
        if found:
            return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
    raise UsageError(
        "there is no sweep in sweeps/ and no run in runs/", remedy="name one: gpreg report RUN or gpreg report SWEEP"
    )


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_dir())


def _material(paths: list[Path], registry: Registry) -> Material:
    sweeps = [path for path in paths if is_sweep(path)]
    if not sweeps:
        return material_of_runs(list(dict.fromkeys(paths)), registry)
    if len(paths) > 1:
        raise UsageError(
            f"{sweeps[0]} is a sweep, and a report is of one sweep or of runs",
            remedy=f"`gpreg report {sweeps[0]}` reports it; the runs of a sweep are in its folder cells/",
        )
    return material_of_sweep(sweeps[0], registry)


def _target(paths: list[Path], out: str | os.PathLike[str] | None) -> Path:
    if out is None:
        return (paths[0] if len(paths) == 1 else Path()) / "report.html"
    target = place(out, "out")
    if target.suffix != ".html":
        raise UsageError(f"--out {target} is no HTML file", remedy=f"try --out {target.with_suffix('.html')}")
    return target


def _write(target: Path, page: Page) -> None:
    for path, text in ((target, html(page)), (target.with_suffix(".md"), markdown(page))):
        with creating(path) as file:
            file.write(text.encode())

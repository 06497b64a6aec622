"""Compose a page of what the runs left: each section by its own file, here in order."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from gpreg.errors import GpregError
from gpreg.experiments.citations import citations_of
from gpreg.recipe import read as read_recipe
from gpreg.registry.kinds import ADVISOR, KINDS, MEASURE
from gpreg.registry.registry import Registry
from gpreg.reports.costs import cost_of
from gpreg.reports.material import Material
from gpreg.reports.page import Page
from gpreg.reports.samples import MOST, Picture, Wanted, pictures, saved
from gpreg.reports.scores import FAILED, chosen_score, groups, named_rows, scores_of, spelled
from gpreg.reports.sections import learning_curves, sights
from gpreg.reports.stability import stability_of
from gpreg.reports.standing import INTERVAL, Standing, intervals_of, stand
from gpreg.reports.surfaces import drawable, surface
from gpreg.reports.tables import ScoreTable, score_table
from gpreg.reports.theory import Theory, theory_of
from gpreg.sweeps.cell import Result
from gpreg.sweeps.evidence import Evidence, read
from gpreg.sweeps.policies.confounding import confounded

PACKAGES = ("torch", "numpy", "scipy")
"""Packages whose versions are told, beside gpreg and its plugins; a run's ``environment.json`` has those of all."""

OTHERS = 12
"""Most other scores that have a table."""

Rows = Mapping[str, Sequence[Result]]


def compose(material: Material, *, score: str | None = None, band: float | None = None, refresh: int = 0) -> Page:
    """Compose the page.

    Args:
        material: what it is about.
        score: what rows are compared by; ``None``: what the material says.
        band: a difference of this score that does not matter.
        refresh: seconds after which a browser loads the page anew while runs are going on; 0: never.

    Raises:
        UsageError: no run has the score.
    """
    final = material.final
    documents = [spec.document for spec in material.registry.list(ADVISOR)]
    evidence = {
        result.cell.name: read(result.path, text=result.cell.recipe, documents=documents) for result in material.results
    }
    names, by_row = named_rows(final), _by_row(final)
    theory = {
        row: theory_of([evidence[each.cell.name] for each in of], material.registry) for row, of in by_row.items()
    }
    main = chosen_score(final, score, material.score)
    tables, standings = _tables(material, main, band, theory) if main else ([], [])
    first = standings[0] if standings else Standing(intervals={})
    others = [name for name in scores_of(final) if name != main][:OTHERS]
    faults = [fault for run in evidence.values() for fault in run.faults]
    shown, note = _pictures(final, names, evidence, material.registry, faults)
    pending = sum(result.state == "pending" for result in material.results)
    better = tables[0].group.better if tables else "lower"
    return Page(
        title=material.title,
        what=material.what,
        summary=material.summary,
        answer=[*_progress(material.results), *(first.answer or ["No run has a score yet."])],
        cautions=first.cautions,
        refresh=refresh if pending else 0,
        interval=INTERVAL,
        tables=tables,
        others=[table for name in others for table in _tables(material, name, None, theory, compared=False)[0]],
        tells_rho=len({result.cell.rho for result in final}) > 1 and not _split(final, names),
        has_theory=any(each.claims for each in theory.values()),
        pairs=first.pairs,
        theory=[(row, each.found) for row, each in theory.items() if each.found],
        common_rho="" if material.tuned else _one_rho(final, evidence, material.registry),
        tuned=[(each.lines(), each.at_edge) for each in material.tuned],
        sights=sights(final, main, better, band) if main else [],
        curves=learning_curves(final, names, evidence, [main] if main else []),
        costs=[
            (row, cost)
            for row, of in by_row.items()
            if (cost := cost_of([evidence[each.cell.name] for each in of])).milliseconds is not None
        ],
        pictures=shown,
        pictures_note=note,
        stability=[
            each for row, of in by_row.items() for each in stability_of(row, [evidence[r.cell.name] for r in of])
        ],
        failures=[result for result in material.results if result.state in FAILED],
        skipped=[(_words(each.choices), each.reason) for each in material.skipped],
        command=material.command,
        definition=material.definition,
        versions=_versions(evidence.values()),
        citations=_citations(list(evidence.values()), material.registry, faults),
        faults=list(dict.fromkeys(faults)),
    )


def _tables(
    material: Material, score: str, band: float | None, theory: Mapping[str, Theory], *, compared: bool = True
) -> tuple[list[ScoreTable], list[Standing]]:
    found = groups(material.final, score)
    standings = [stand(group, band=band) if compared else Standing(intervals=intervals_of(group)) for group in found]
    rows = named_rows(material.final)
    rhos: dict[str, dict[str, None]] = {}
    for result in material.final:
        rhos.setdefault(rows[result.cell.name], {})[spelled(result.cell.rho)] = None
    tables = [
        score_table(
            group,
            standing.intervals,
            rho={row: ", ".join(each) for row, each in rhos.items()},
            theory={rows[result.cell.name]: theory[result.cell.row] for result in material.final},
            published=material.published,
            first=found[0] if index else None,
        )
        for index, (group, standing) in enumerate(zip(found, standings, strict=True))
    ]
    return tables, standings


def _split(results: Sequence[Result], rows: Mapping[str, str]) -> bool:
    """Whether the names of rows tell rho already."""
    return any(rows[result.cell.name] != result.cell.row for result in results)


def _by_row(results: Sequence[Result]) -> Rows:
    rows: dict[str, list[Result]] = {}
    for result in results:
        rows.setdefault(result.cell.row, []).append(result)
    return rows


def _progress(results: Sequence[Result]) -> Sequence[str]:
    """How far a sweep is, while runs are missing."""
    ended = sum(result.state != "pending" for result in results)
    return [f"{ended} of {len(results)} runs have ended; what follows is of these."] if ended < len(results) else []


def _one_rho(results: Sequence[Result], evidence: Mapping[str, Evidence], registry: Registry) -> str:
    """What to say where several penalties have one rho in common; empty if none have."""
    recipes = {name: run.recipe for name, run in evidence.items() if run.chosen("measure")}
    cells = [result.cell for result in results if result.cell.name in recipes]
    masses = {spec.name: spec.mass for spec in registry.list(MEASURE)}
    return confounded(cells, recipes, masses) or ""


def _pictures(
    results: Sequence[Result],
    rows: Mapping[str, str],
    evidence: Mapping[str, Evidence],
    registry: Registry,
    faults: list[str],
) -> tuple[Sequence[Picture], str]:
    """The last picture of the first seed of each row and column."""
    first: dict[tuple[str, str], Result] = {}
    for result in sorted(results, key=lambda each: each.cell.seed):
        run = evidence[result.cell.name]
        if run.pictures or drawable(run):
            first.setdefault((rows[result.cell.name], result.cell.column), result)
    order = dict.fromkeys((rows[result.cell.name], result.cell.column) for result in results)
    places = [place for place in order if place in first]
    wanted = []
    for place in places[:MOST]:
        run = evidence[first[place].cell.name]
        step = int(run.pictures[-1].stem.removeprefix("step-")) if run.pictures else first[place].step
        file = saved(run.pictures[-1]) if run.pictures else partial(surface, run.path, registry)
        note = f"{place[1]}, seed {first[place].cell.seed}, step {step:,}"
        wanted.append(Wanted(name=place[0], note=note, file=file))
    planar = any(evidence[result.cell.name].data.get("shape") == [2] for result in first.values())
    note = "The last picture of the first seed of each row: chosen by its number, not by its looks."
    if planar:
        note += (
            " Of data in the plane: samples over the critic's value surface, and the direction of its gradient. Each"
            " picture has a scale of its own."
        )
    if len(places) > MOST:
        note += f" The first {MOST} of {len(places)} are shown."
    return pictures(wanted, faults), note


def _versions(runs: Any) -> Sequence[tuple[str, str]]:
    """Versions and machines, each with all its values."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        told = {key: run.environment.get(key) for key in ("gpreg", "python", "platform", "device", "threads", "commit")}
        packages = run.environment.get("packages")
        told |= {key: packages.get(key) for key in PACKAGES} if isinstance(packages, Mapping) else {}
        for key, value in told.items():
            if isinstance(value, str | int) and value != "":
                found.setdefault(key, {})[str(value)] = None
    return [(key, ", ".join(values)) for key, values in found.items()]


def _citations(runs: Sequence[Evidence], registry: Registry, faults: list[str]) -> Sequence[Any]:
    """What to cite: of one run for each combination of plugins, since others cite the same."""
    distinct: dict[str, Evidence] = {}
    for run in runs:
        used = {kind.key: run.recipe.get(kind.key) for kind in KINDS.values() if kind.recipe}
        if run.recipe:
            distinct.setdefault(repr((used, run.recipe.get("source"))), run)
    try:
        recipes = [read_recipe(run.text, origin=str(run.path), registry=registry) for run in distinct.values()]
        return citations_of(recipes, registry, environments=[run.environment for run in distinct.values()])
    except GpregError as error:  # a run of another machine may name what is not installed here
        faults.append(f"what to cite is not known in full: {error.message}")
        return ()


def _words(choices: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in choices.items())

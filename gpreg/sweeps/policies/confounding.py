"""What a common coefficient confounds: where a penalty acts with how strong it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from gpreg.sweeps.cell import Cell
from gpreg.sweeps.policies.template import WITHOUT_PENALTY


def confounded(
    cells: Iterable[Cell], recipes: Mapping[str, Mapping[str, Any]], masses: Mapping[str, str] | None = None
) -> str | None:
    """What to say beside a table in which different penalties have the same coefficient.

    Measures differ in total mass and in the trace of Q as well as in where they look, and forms in their curvature, so
    that one rho damps each of them differently (the tutorial on theory has two toys that rank two
    measures oppositely).

    >>> rows = ("pd", "pd+pg")
    >>> cells = [Cell(name=each, row=each, column="8gaussians", choices={}, rho=2.0, seed=0) for each in rows]
    >>> recipes = {each: {"measure": {"name": each}, "form": {"name": "squared"}} for each in rows}
    >>> confounded(cells, recipes, {"pd": "1", "pd+pg": "2"}).partition(":")[0]
    'One common rho (2) confounds mass with shape'
    >>> confounded(cells[:1], recipes) is None
    True

    Args:
        cells: those of the table.
        recipes: the complete recipe of each cell, as the table of its TOML text, by the cell's name.
        masses: of measures, as their specs say it; a measure whose mass is ``"0"`` has no penalty.

    Returns:
        sentences; ``None`` if no two penalties of a column share a coefficient.
    """
    known = masses or {}
    sharing: dict[tuple[str, float], dict[str, str]] = {}  # penalty to measure, by column and coefficient
    for cell in cells:
        table = recipes[cell.name]
        measure = table["measure"]["name"]
        if cell.phase == "final" and not isinstance(cell.rho, str) and known.get(measure) != WITHOUT_PENALTY:
            sharing.setdefault((cell.column, cell.rho), {})[_penalty(table)] = measure
    shared = {key: penalties for key, penalties in sharing.items() if len(penalties) > 1}
    if not shared:
        return None
    rhos = ", ".join(f"{rho:g}" for rho in sorted({rho for _, rho in shared}))
    measures = sorted({measure for penalties in shared.values() for measure in penalties.values()})
    told = "; ".join(f"{each} has mass {known[each]}" for each in measures if each in known)
    return (
        f"One common rho ({rhos}) confounds mass with shape: penalties differ in total mass and in the trace of Q, "
        f"so that the same rho damps one more than another{f' ({told})' if told else ''}. A difference "
        f"between {', '.join(measures)} at one rho may be one of strength, not of where the gradient is penalised. Two "
        "fair comparisons: `--rho tuned`, each at its own best rho, or `--rho equal`, at the same rho * trace Q"
    )


def _penalty(table: Mapping[str, Any]) -> str:
    """What is penalised and where, with all options: equal for two recipes whose coefficients mean the same."""
    of = table.get("penalty", {}).get("of", "logit")
    return repr((sorted(table["measure"].items()), sorted(table.get("form", {}).items()), of))

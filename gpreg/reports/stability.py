"""Damping against oscillation: the modes that ``gpreg stability`` found, where its answer was kept with a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpreg.experiments.rows import number
from gpreg.sweeps.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class Damping:
    """The modes of one run's linearised game.

    Attributes:
        row: of the run, or its measure, if the answer compares several.
        rho, best_rho: the rho of the run, and the one by which the strongest modes are damped best.
        ratios: of the strongest modes, how fast each is damped in units of its frequency; 1 and more: no oscillation.
    """

    row: str
    rho: float
    best_rho: float
    ratios: Sequence[float]


def stability_of(row: str, runs: Sequence[Evidence], most: int = 4) -> Sequence[Damping]:
    """The modes of a row's runs that have an answer of ``gpreg stability --json``."""
    found = []
    for run in runs:
        answer = run.stability.get("stability")
        networks = answer.get("networks") if isinstance(answer, Mapping) else None
        for one in networks if isinstance(networks, list) else ():
            table = one.get("table") if isinstance(one, Mapping) else None
            if isinstance(table, Mapping):
                found.append(_damping(row, one, table, most))
    return found


def _damping(row: str, one: Mapping[str, Any], table: Mapping[str, Any], most: int) -> Damping:
    modes = table.get("modes")
    told = [mode for mode in modes if isinstance(mode, Mapping)] if isinstance(modes, list) else []
    return Damping(
        row=row,
        rho=number(one.get("rho")),
        best_rho=number(one.get("best_rho")),
        ratios=[number(mode.get("ratio")) for mode in told[:most]],
    )

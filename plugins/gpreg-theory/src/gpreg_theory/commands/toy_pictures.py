"""Pictures of ``gpreg stability`` for toys: phase portraits for planar ones, rates over rho for the others."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError
from gpreg.pictures import Mesh, save_png
from gpreg.pictures.mesh import Limits
from gpreg_theory.pictures import Basin, Portrait, portraits, rates
from gpreg_theory.toys.basin import attracted
from gpreg_theory.toys.comparison import Look, ToyStability
from gpreg_theory.toys.trajectory import trajectory

POINTS = 160
"""The number of values of rho on a curve."""

SAMPLES = 3000
"""The number of points of a trajectory."""

GRID = 40
"""The number of starting points in a row of a basin's shading."""

WIDEST = 6.0
"""The largest half side of a portrait, so that an orbit that runs away does not shrink the rest."""


def draw(path: Path, answer: ToyStability) -> None:
    """Draw a toy with each measure: a phase portrait each if it is planar, else a curve each of the rate over rho.

    Raises:
        UsageError: no measure has a linearised game, and the toy is not planar.
        GpregError: the file cannot be written.
    """
    if len(answer.system.coordinates) > 2:
        save_png(_rates(answer.looks, answer.system.title), path)
        return
    panels = [_portrait(name, look, answer.rho) for name, look in answer.looks.items()]
    save_png(portraits(panels, coordinates=("ψ", "θ")), path)


def _portrait(name: str, look: Look, rho: float) -> Portrait:
    system = look.system
    psi, theta = _pair(system.equilibrium)
    starts = [start for start, _ in look.orbits] or [(psi + 1.0, theta + 0.4)]
    times = [limit.time for _, limit in look.orbits] or [30.0]
    paths = [
        trajectory(
            system,
            start,
            time,
            at=[time * k / (SAMPLES - 1) for k in range(SAMPLES)],
            method="RK45",
            rtol=1e-6,
            atol=1e-8,
        ).z
        for start, time in zip(starts, times, strict=True)
    ]
    points = [system.equilibrium, *(item.point for item in look.equilibria), *(z for path in paths for z in path)]
    limits = _square(points)
    basin = None if look.reach is None else _basin(look, limits)
    return Portrait(
        field=system.field,
        limits=limits,
        equilibria=[(_pair(item.point), _kind(item.kind)) for item in look.equilibria],
        trajectories=paths,
        basin=basin,
        title=name,
        note="" if system.regularizer.idle else f"ρ = {rho:g}",
    )


def _basin(look: Look, limits: Limits) -> Basin:
    x, y = Mesh(limits, GRID).axes
    reached = attracted(look.system, [[(first, second) for first in x] for second in y])
    return Basin(
        limits=limits,
        outcomes=reached.astype(int) - 1,
        centre=_pair(look.system.equilibrium),
        radius=look.reach.estimate if look.reach else None,
    )


def _rates(looks: Mapping[str, Look], title: str) -> Any:
    linear = {name: look.stability.linear for name, look in looks.items() if look.stability.linear}
    if not linear:
        raise UsageError(
            "no measure has a linearised game, so that there is no rate to draw", remedy="choose --form squared"
        )
    best = {name: (item.best.rho, item.best.rate) for name, item in linear.items() if item.best.rho}
    centres = [rho for rho, _ in best.values()] or [1.0]
    low, high = min(centres) / 20, max(centres) * 20
    grid = [low * (high / low) ** (k / (POINTS - 1)) for k in range(POINTS)]
    curves = {}
    for name, item in linear.items():
        own = sorted([*grid, *best.get(name, ())[:1]])
        curves[name] = (own, [item.game.at(rho).rate for rho in own])
    ceiling = next(iter(linear.values())).ceiling.rate
    note = "the slowest mode's rate of decay; dots: each measure's best ρ"
    return rates(curves, best=best, ceiling=ceiling, title=title, note=note)


def _square(points: Iterable[Any]) -> Limits:
    """A square around points, with a margin; at least 3 wide."""
    x, y = zip(*(_pair(point) for point in points), strict=True)
    centre = tuple((min(values) + max(values)) / 2 for values in (x, y))
    half = min(max(1.5, *(0.6 * (max(values) - min(values)) for values in (x, y))), WIDEST)
    return (centre[0] - half, centre[0] + half, centre[1] - half, centre[1] + half)


def _pair(point: Any) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _kind(kind: str) -> Any:
    return kind.partition(" ")[0]

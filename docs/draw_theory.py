"""Draw the pictures of the stability page: ``python docs/draw_theory.py`` writes docs/pictures/stability-*.png.

With names (``python docs/draw_theory.py basins``) only those are drawn. Nothing is random.
"""

import io
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from PIL import Image

from gpreg.pictures import Mesh
from gpreg_theory import (
    LinearGame,
    ToySystem,
    attracted,
    basin_radius,
    best_rho,
    ceiling,
    degenerate,
    dirac,
    ring,
    trajectory,
    true_basin,
    two_mode,
    uniform,
)
from gpreg_theory.pictures import Basin, Portrait, Spectrum, basins, portraits, rates, spectra
from gpreg_theory.pictures.portrait import Kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parent / "pictures"

COLOURS = 96
"""Of a saved picture: a palette that nobody tells from the full one, at a third of the size."""


def path(system: ToySystem, start: tuple[float, float], time: float) -> np.ndarray:
    """``(n, 2)``, an orbit, dense enough to look smooth."""
    at = np.linspace(0, time, max(400, int(60 * time)))
    return trajectory(system, start, time, at=at, method="RK45", rtol=1e-6, atol=1e-8).z


def marks(system: ToySystem) -> list[tuple[tuple[float, float], Kind]]:
    """Each equilibrium and its kind, as portraits take them."""
    return [((float(e.point[0]), float(e.point[1])), cast(Kind, e.kind.partition(" ")[0])) for e in system.equilibria()]


def lemma_3() -> "Figure":
    """Figure 3 of Kim, Park and Hwang (2018)."""
    system = degenerate(rho=3 / 8)
    starts = [(-4.5, 3.0), (-3.2, 2.0), (-1.4, 3.3), (-0.8, 1.4), (1.0, 1.0), (2.6, 1.0), (1.6, -1.6), (-4.2, -2.6)]
    panel = Portrait(
        field=system.field,
        limits=(-5.5, 4.0, -4.75, 4.75),
        lines=[np.array([[-5.5, 0.0], [4.0, 0.0]])],
        trajectories=[path(system, start, 12.0) for start in starts],
        regions=[("A", (-3.75, -4.1)), ("B", (-1.0, -4.1)), ("C", (2.0, -4.1))],
        title="Lemma 3: a line of equilibria",
        note="gp, ρ = 3/8: orbits end beside the desired (0, 0)",
    )
    return portraits([panel])


def dirac_gan() -> "Figure":
    """What four regularizers make of the Dirac-GAN."""
    panels = []
    for title, note, time, choices in (
        ("no penalty", "turns for ever", 6.2, {}),
        ("mid", "ρ = 1: spirals in", 14.0, {"measure": "mid"}),
        ("wgan-gp, one-centred", "ρ = 1: a limit cycle", 7.0, {"measure": "wgan-gp"}),
        (
            "weight clipping",
            "|ψ| ≤ 0.6: turns for ever, inside",
            16.0,
            {"measure": "wgan", "measure_options": {"clip": 0.6}},
        ),
    ):
        system = dirac(**choices)
        cycles = choices.get("measure") == "wgan-gp"
        panels.append(
            Portrait(
                field=inside(system),
                limits=(-2.0, 2.0, -2.0, 2.0),
                equilibria=[] if cycles else marks(system),
                trajectories=[path(system, (1.3, 1.0), time)] + [path(system, (0.2, 0.1), time)] * cycles,
                cycle=cycle(rho=1.0) if cycles else None,
                title=title,
                note=note,
            )
        )
    return portraits(panels)


def inside(system: ToySystem) -> Callable[[np.ndarray], np.ndarray]:
    """The field, where psi may be: not beyond what it is clipped to."""
    if system.regularizer.bounds is None:
        return system.field
    low, high = system.regularizer.bounds
    return lambda z: np.where((low <= z[:, :1]) & (z[:, :1] <= high), system.field(z), np.nan)


def cycle(rho: float) -> np.ndarray:
    """``(n, 2)``, the limit cycle of the one-centred penalty, with max |theta| = rho coth(pi rho / (4 omega)).

    For psi > 0 the flow is linear about (0, rho), so that the half from (0, -a) to (0, a) is in closed form.
    """
    omega = math.sqrt(1 - rho**2 / 4)
    a = rho / math.tanh(math.pi * rho / (4 * omega))
    t = np.linspace(0, math.pi / omega, 300)
    decay, away = np.exp(-rho * t / 2), -a - rho
    psi = -away / omega * decay * np.sin(omega * t)
    theta = rho + away * decay * (np.cos(omega * t) + rho / (2 * omega) * np.sin(omega * t))
    half = np.stack([psi, theta], axis=1)
    return np.concatenate([half, -half])


def lemma_2() -> "Figure":
    """The uniform GAN below, at and above the critical rho."""
    panels = []
    limits = (-2.2, 2.2, -2.2, 2.2)
    for rho, note in (
        (0.5, "underdamped"),
        (2.0, "critical: the best rate, 2/3"),
        (6.0, "overdamped"),
    ):
        system = uniform(measure="mid", rho=rho)
        half = np.array([[1], [0]]).repeat(2, axis=1)
        panels.append(
            Portrait(
                field=system.field,
                limits=limits,
                equilibria=marks(system),
                trajectories=[path(system, start, 40.0) for start in ((1.3, 0.5), (-1.5, -1.6), (-0.8, 1.6))],
                basin=Basin(limits=limits, outcomes=half, names=("ends in (0, 1)", "ends in (0, -1)")),
                title=f"mid, ρ = {rho:g}",
                note=note,
            )
        )
    return portraits(panels)


def basin_estimates() -> "Figure":
    """Lemma 1's ball against the true basin, for two masses that vary."""
    panels = []
    limits = (-2.5, 2.5, -2.5, 2.5)
    x, y = Mesh(limits, 70).axes
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    for title, mass in (
        ("M = exp(−ψ²)", lambda psi, theta: torch.exp(-(psi**2))),
        ("M = 1 + ψ", lambda psi, theta: 1 + psi),
    ):
        system = dirac(measure=mass)
        true = true_basin(system, rays=72, reach=3.5, time=40.0)
        radius = basin_radius(mass)
        radii = np.where(np.isfinite(true.radii), true.radii, np.nan)
        rays = np.stack([radii * np.cos(true.angles), radii * np.sin(true.angles)], axis=1)
        panels.append(
            Basin(
                limits=limits,
                outcomes=attracted(system, grid, time=40.0).astype(int) - 1,
                radius=radius,
                inscribed=true.inner,
                boundary=np.concatenate([rays, rays[:1]]),
                title=title,
                note=f"ρ = 1; estimate {radius:.3g}, in truth {true.inner:.3g}",
            )
        )
    return basins(panels)


def rates_two_mode() -> "Figure":
    """No measure wins everywhere: mean and width of a uniform law."""
    measures = {name: two_mode(measure=name).linear() for name in ("pd", "gp", "mid", "pd+pg")}
    for anchor in (0.0, 1.0):
        measures[f"g-anc, {anchor:g}"] = two_mode(measure="g-anc", measure_options={"point": [anchor]}).linear()
    return curves(measures, "Two modes: mean and width", "the slower mode's rate of decay; dots: each measure's best ρ")


def rates_ring() -> "Figure":
    """Eight atoms with local features: what covers them decides."""
    measures = {name: ring(measure=name).linear() for name in ("pd", "gp", "mid", "g-anc")}
    return curves(measures, "Ring of eight atoms", "the slowest mode's rate of decay; dots: each measure's best ρ")


def curves(measures: dict[str, LinearGame], title: str, note: str) -> "Figure":
    """The rate over rho of each game."""
    best = {name: best_rho(game) for name, game in measures.items()}
    low, high = min(found.rho for found in best.values()) / 15, max(found.rho for found in best.values()) * 15
    drawn = {}
    for name, game in measures.items():
        rho = np.sort(np.append(np.geomspace(low, high, 220), best[name].rho))
        drawn[name] = (rho, np.array([game.at(value).rate for value in rho]))
    bound = ceiling(next(iter(measures.values())).coupling).rate
    marked = {name: (found.rho, found.rate) for name, found in best.items()}
    return rates(drawn, best=marked, ceiling=bound, title=title, note=note)


def root_locus() -> "Figure":
    """Where eigenvalues go as rho grows."""
    rho = np.geomspace(0.05, 3.5, 700)
    return spectra(
        [
            Spectrum(values=np.stack([game.at(value).spectrum for value in rho]), rho=rho, title=title, note=note)
            for title, note, game in (
                ("Dirac-GAN, mid", "the pair meets at ρ = 2", dirac(measure="mid").linear()),
                ("two modes, pd", "the pairs meet at ρ = 1 and ρ = 2", two_mode(measure="pd").linear()),
                ("two modes, mid", "both pairs meet at ρ = 2", two_mode(measure="mid").linear()),
            )
        ]
    )


PICTURES: dict[str, Callable[[], "Figure"]] = {
    "lemma-3": lemma_3,
    "dirac": dirac_gan,
    "lemma-2": lemma_2,
    "basins": basin_estimates,
    "rates-two-mode": rates_two_mode,
    "rates-ring": rates_ring,
    "root-locus": root_locus,
}


def save(figure: "Figure", file: Path) -> None:
    """Write a figure as PNG with a palette."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=figure.dpi, facecolor="white", metadata={"Software": None})
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main(names: Sequence[str]) -> None:
    """Draw the pictures of these names, or all."""
    for name in names or PICTURES:
        save(PICTURES[name](), FOLDER / f"stability-{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])

"""What ``gpreg stability`` says of a toy: tables, JSON and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpreg.cli import console
from gpreg.errors import OptionError, UnknownNameError, UsageError
from gpreg_theory.commands import prose
from gpreg_theory.commands.toy_tables import print_comparison, print_one, print_orbits, print_reaches

if TYPE_CHECKING:
    from gpreg_theory import Equilibrium, ToySystem
    from gpreg_theory.toys.limit import Limit
    from gpreg_theory.toys.stability import Stability

WITHOUT = "no penalty"
"""What stands for the measure where none is chosen."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for.

    Attributes:
        toy: its name.
        measures: each measure's options by its name; empty: no penalty.
        rho, form, loss: of every measure; ``form=None``: its own.
        told: form and loss by name, for the report.
        critic_steps, ratio: of the largest steps.
        starts, time: of trajectories.
        basin: whether to look for the basin.
        picture: where to draw; ``None``: nowhere.
    """

    toy: str
    measures: Mapping[str, Mapping[str, Any]]
    rho: float
    form: Any
    loss: Any
    told: Mapping[str, str | None]
    critic_steps: int
    ratio: float
    starts: Sequence[tuple[float, ...]]
    time: float
    basin: bool
    picture: Path | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """A toy with one measure, and what was found.

    Attributes:
        system, stability: it, and what its equilibrium says.
        equilibria: empty where the field jumps.
        orbits: where each trajectory that was asked for starts, and where it ends.
        reach: of the basin, if that was asked for.
    """

    system: "ToySystem"
    stability: "Stability"
    equilibria: "tuple[Equilibrium, ...]"
    orbits: "tuple[tuple[tuple[float, ...], Limit], ...]"
    reach: "Reach | None"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far the basin of the desired equilibrium reaches.

    Attributes:
        estimate: Lemma 1's radius; ``None`` on other toys than the Dirac-GAN, and for other forms and losses.
        attracting: whether the ball of that radius is attracted; ``None`` where there is none.
        inner, outer: radius of the largest ball in the true basin, and where its boundary is farthest.
        searched: how far was looked.
    """

    estimate: float | None
    attracting: bool | None
    inner: float
    outer: float
    searched: float = 5.0


def report(request: Request, *, as_json: bool) -> None:
    """Look at a toy with each measure, and print and draw what is found.

    Raises:
        UsageError: a measure cannot be used on the toy; says which would be right.
    """
    from gpreg.registry.plain import plain
    from gpreg_theory.commands.toy_pictures import draw
    from gpreg_theory.toys.stability import comparison

    systems, refused = _systems(request)
    looks = {name: _look(system, request) for name, system in systems.items()}
    several = len(looks) + len(refused) > 1
    first = next(iter(looks.values()))
    closing = (
        comparison({name: look.stability for name, look in looks.items()}) if several else first.stability.conclusion
    )
    if request.picture is not None:
        draw(request.picture, looks, rho=request.rho)
    if as_json:
        console.emit(
            {"schema": 1, "stability": plain(_document(request, looks, refused, closing), infinity="text", nan="null")}
        )
        return
    chosen = [f"{key} {value}" for key, value in request.told.items() if value not in {None, "wasserstein"}]
    measure = [] if several else [next(iter(looks))]
    coefficient = [f"rho = {request.rho:g}"] if request.measures else []
    console.heading(f"{first.system.title}: {', '.join([*measure, *coefficient, *chosen])}")
    if several:
        print_comparison(looks, refused, list(request.measures))
    else:
        print_one(first, generator=request.ratio != 1)
    print_orbits(looks)
    print_reaches(looks)
    click.echo()
    prose.paragraph(closing)
    if request.picture is not None:
        console.talk(f"{request.picture} written")


def _systems(request: Request) -> "tuple[dict[str, ToySystem], dict[str, UsageError]]":
    """The toy with each measure, and why it cannot be had with some.

    Raises:
        UsageError: with none of them.
    """
    from gpreg_theory import find_toy

    build = find_toy(request.toy).builder
    common = {"rho": request.rho, "form": request.form, "loss": request.loss}
    if not request.measures:
        return {WITHOUT: build(**common)}, {}
    systems: dict[str, ToySystem] = {}
    refused: dict[str, UsageError] = {}
    for name, options in request.measures.items():
        try:
            systems[name] = build(measure=name, measure_options=dict(options), **common)
        except (OptionError, UnknownNameError):  # a slip of whoever typed it, and nothing about the game
            raise
        except UsageError as error:
            refused[name] = error
    if not systems:
        raise next(iter(refused.values()))
    return systems, refused


def _look(system: "ToySystem", request: Request) -> Look:
    from gpreg_theory.toys.limit import limit
    from gpreg_theory.toys.stability import stability_of

    stability = stability_of(system, critic_steps=request.critic_steps, ratio=request.ratio)
    return Look(
        system=system,
        stability=stability,
        equilibria=() if stability.spectrum is None else system.equilibria(),
        orbits=tuple((start, limit(system, start, time=request.time)) for start in request.starts),
        reach=_reach(system, request.time) if request.basin else None,
    )


def _reach(system: "ToySystem", time: float) -> Reach:
    """By integration, and for the Dirac-GAN by its mass function."""
    from gpreg_theory.toys.basin import attracts, basin_radius, true_basin

    estimate, attracting, law = None, None, system.regularizer.law
    true = true_basin(system, time=time, reach=Reach.searched)
    if system.name == "dirac" and system.energy is not None and law is not None and not system.regularizer.idle:

        def mass(psi: Any, theta: Any) -> Any:
            nodes = law.nodes(system.players, psi[:, None], theta[:, None])
            return 0 * psi if nodes is None else nodes.weights.sum(dim=1)

        estimate = basin_radius(mass)
        attracting = attracts(mass, estimate)
    return Reach(estimate=estimate, attracting=attracting, inner=true.inner, outer=true.outer)


def _document(
    request: Request, looks: Mapping[str, Look], refused: Mapping[str, UsageError], closing: str
) -> dict[str, Any]:
    system = next(iter(looks.values())).system
    return {
        "system": system.name,
        "title": system.title,
        "coordinates": list(system.coordinates),
        "equilibrium": system.equilibrium.tolist(),
        "rho": request.rho,
        **request.told,
        "critic_steps": request.critic_steps,
        "ratio": request.ratio,
        "measures": [
            {"measure": name, "options": dict(request.measures.get(name, {})), **_details(look)}
            for name, look in looks.items()
        ],
        "refused": [
            {"measure": name, "because": error.message, "remedy": error.remedy} for name, error in refused.items()
        ],
        "conclusion": closing,
    }


def _details(look: Look) -> dict[str, Any]:
    energy = look.system.energy
    return {
        **look.stability.to_dict(),
        "equilibria": [
            {
                "point": item.point.tolist(),
                "kind": item.kind,
                "spectrum": [[value.real, value.imag] for value in item.spectrum.tolist()],
                "note": item.note,
            }
            for item in look.equilibria
        ],
        "energy": None if energy is None else {"formula": energy.formula, "derivative": energy.derivative},
        "trajectories": [
            {
                "from": list(start),
                "kind": limit.kind,
                "state": limit.state.tolist(),
                "amplitude": limit.amplitude.tolist(),
                "period": limit.period,
                "time": limit.time,
            }
            for start, limit in look.orbits
        ],
        "basin": None if look.reach is None else vars(look.reach),
    }

"""What ``gpreg stability`` says of a toy: tables, JSON and pictures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.numbers import SHOWN, named, number, point, spectrum

if TYPE_CHECKING:
    from gpreg.theory.toys import Equilibrium, ToySystem
    from gpreg.theory.toys.limit import Limit
    from gpreg.theory.toys.stability import Stability

WITHOUT = "no penalty"
"""What stands for the measure where none is chosen."""

CLOSE = 1e-3
"""Distance from an equilibrium, in each coordinate, up to which a trajectory has reached it."""


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
    from gpreg.cli.toy_pictures import draw
    from gpreg.theory.plain import plain_numbers
    from gpreg.theory.toys.stability import comparison

    looks = {name: _look(system, request) for name, system in _systems(request).items()}
    several = len(looks) > 1
    first = next(iter(looks.values()))
    closing = (
        comparison({name: look.stability for name, look in looks.items()}) if several else first.stability.conclusion
    )
    if request.picture is not None:
        draw(request.picture, looks, rho=request.rho)
    if as_json:
        console.emit({"schema": 1, "stability": plain_numbers(_document(request, looks, closing))})
        return
    chosen = [f"{key} {value}" for key, value in request.told.items() if value not in {None, "wasserstein"}]
    measure = [] if several else [next(iter(looks))]
    coefficient = [f"rho = {request.rho:g}"] if request.measures else []
    console.heading(f"{first.system.title}: {', '.join([*measure, *coefficient, *chosen])}")
    if several:
        _print_comparison(looks)
    else:
        _print_facts(first, request)
        _print_modes(first.stability)
        _print_equilibria(first)
    _print_orbits(looks)
    _print_reaches(looks)
    click.echo()
    click.echo(fill(closing, 100))
    if request.picture is not None:
        console.talk(f"{request.picture} written")


def _systems(request: Request) -> "dict[str, ToySystem]":
    from gpreg.theory.toys import find_toy

    build = find_toy(request.toy).builder
    common = {"rho": request.rho, "form": request.form, "loss": request.loss}
    if not request.measures:
        return {WITHOUT: build(**common)}
    return {
        name: build(measure=name, measure_options=dict(options), **common) for name, options in request.measures.items()
    }


def _look(system: "ToySystem", request: Request) -> Look:
    from gpreg.theory.toys.limit import limit
    from gpreg.theory.toys.stability import stability_of

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
    from gpreg.theory.toys.basin import attracts, basin_radius, true_basin

    estimate, attracting, law = None, None, system.regularizer.law
    true = true_basin(system, time=time, reach=Reach.searched)
    if system.name == "dirac" and system.energy is not None and law is not None and not system.regularizer.idle:

        def mass(psi: Any, theta: Any) -> Any:
            nodes = law.nodes(system.players, psi[:, None], theta[:, None])
            return 0 * psi if nodes is None else nodes.weights.sum(dim=1)

        estimate = basin_radius(mass)
        attracting = attracts(mass, estimate)
    return Reach(estimate=estimate, attracting=attracting, inner=true.inner, outer=true.outer)


def _print_facts(look: Look, request: Request) -> None:
    system, stability, linear = look.system, look.stability, look.stability.linear
    facts = {"equilibrium": named(system.coordinates, system.equilibrium)}
    if stability.spectrum is not None:
        facts["spectrum"] = spectrum(stability.spectrum)
    if linear is None:
        facts["linearised game"] = f"none: {stability.obstacle}"
    else:
        game, best = linear.game, linear.best
        facts["stable"] = (
            f"no: {len(game.undamped)} of {len(game.modes)} modes undamped"
            if game.undamped
            else f"yes, decays at the rate {number(game.rate)}"
            if game.modes
            else "not decided to first order"
        )
        facts["best rho"] = (
            f"{number(best.rho)}, rate {number(best.rate)}; {best.because}" if best.rate else best.because
        )
        facts["ceiling"] = f"{number(linear.ceiling.rate)} for any measure and rho"
        if linear.ceiling.commuting < linear.ceiling.rate:
            facts["ceiling"] += f"; {number(linear.ceiling.commuting)} if Q commutes with R R^T"
        for scheme, limit in (("simultaneous", linear.simultaneous), ("alternating", linear.alternating)):
            if limit is not None:
                both = f", generator {number(limit.generator_step)}" if request.ratio != 1 else ""
                facts[f"largest {scheme} step"] = f"{number(limit.step)}{both}; {limit.because}"
    if system.energy is not None:
        formula, derivative = system.energy.formula, system.energy.derivative
        facts["conserved" if derivative == "0" else "energy"] = (
            formula if derivative == "0" else f"{formula}, with the derivative {derivative}"
        )
    console.table([Column("", wrap=False), Column("")], list(map(list, facts.items())), titles=False)


def _print_modes(stability: "Stability") -> None:
    linear = stability.linear
    if linear is None or not linear.game.modes:
        return
    console.heading("\nModes")
    columns = [Column("frequency", wrap=False), Column("damping", wrap=False), Column("damping ratio", wrap=False)]
    rows = [
        [number(mode.frequency), number(mode.damping), number(mode.ratio), number(best)]
        for mode, best in zip(linear.game.modes, linear.best.ratios, strict=True)
    ]
    console.table([*columns, Column(f"at rho = {number(linear.best.rho)}")], rows[:SHOWN])
    if len(rows) > SHOWN:
        console.note(f"and {len(rows) - SHOWN} slower ones; --json has all")
    console.note("A damping ratio of 0 is undamped, of 1 critical; above 1 a mode creeps.")


def _print_equilibria(look: Look) -> None:
    if len(look.equilibria) > 1:
        console.heading("\nEquilibria")
        columns = [Column("point", wrap=False), Column("kind", wrap=False), Column("spectrum"), Column("")]
        rows = [[point(item.point), item.kind, spectrum(item.spectrum), item.note] for item in look.equilibria]
        console.table(columns, rows)


def _print_comparison(looks: Mapping[str, Look]) -> None:
    single = all(look.system.p == 1 for look in looks.values())
    titles = ("measure", "Q" if single else "tr Q", "rate", "best rho", "rate there", "simultaneous step")
    columns = [Column(title, wrap=False) for title in (*titles, "alternating step", "undamped")]
    rows = []
    for name, look in looks.items():
        linear = look.stability.linear
        if linear is None:
            rows.append([name, *["–"] * 6, "no linearised game"])
            continue
        game, best, together = linear.game, linear.best, linear.simultaneous
        cells = [game.Q.trace(), game.rate, best.rho, best.rate, together.step if together else None]
        undamped = f"{len(game.undamped)} of {len(game.modes)}"
        rows.append([name, *map(number, cells), number(linear.alternating.step), undamped])
    console.table(columns, rows)
    linear = next((look.stability.linear for look in looks.values() if look.stability.linear), None)
    if linear is not None:
        console.note(f"No measure and no rho has a rate above {number(linear.ceiling.rate)}.")


def _print_orbits(looks: Mapping[str, Look]) -> None:
    rows = [
        [name, point(start), point(limit.state), f"{limit.time:.4g}", _ending(limit, look.equilibria)]
        for name, look in looks.items()
        for start, limit in look.orbits
    ]
    if rows:
        console.heading("\nTrajectories")
        titles = ("measure", "from", "to", "time", "")
        console.table([Column(title, wrap=not title) for title in titles], rows)


def _ending(limit: "Limit", equilibria: "Sequence[Equilibrium]") -> str:
    if limit.kind == "cycle":
        return f"a cycle with amplitudes {point(limit.amplitude)} and period {number(limit.period)}"
    if limit.kind == "infinity":
        return "runs away"
    near = [item for item in equilibria if abs(limit.state - item.point).max() < CLOSE]
    where = f"the {near[0].kind} {point(near[0].point)}" if near else "a point where it stands still"
    if limit.kind == "point":
        return f"ends in {where}"
    return f"is near {where}" if near else "has not settled"


def _print_reaches(looks: Mapping[str, Look]) -> None:
    rows = []
    for name, look in looks.items():
        if reach := look.reach:
            said = "" if reach.attracting in {None, True} else "orbits stay in the ball, but may not be attracted"
            true = number(reach.inner) if reach.inner < math.inf else f"above {number(reach.searched)}"
            rows.append([name, number(reach.estimate), true, said])
    if rows:
        console.heading("\nBasin of attraction: radius of the largest ball about the equilibrium")
        titles = ("measure", "estimate of Lemma 1", "by integration", "")
        console.table([Column(title, wrap=not title) for title in titles], rows)


def _document(request: Request, looks: Mapping[str, Look], closing: str) -> dict[str, Any]:
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

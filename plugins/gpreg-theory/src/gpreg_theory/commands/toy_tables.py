"""The tables of ``gpreg stability`` for toys."""

import math
from collections.abc import Mapping, Sequence

from gpreg.cli import console
from gpreg_theory.commands import prose
from gpreg_theory.commands.numbers import SHOWN, named, number, point, spectrum
from gpreg_theory.toys.comparison import Look, ToyStability
from gpreg_theory.toys.equilibrium import Equilibrium
from gpreg_theory.toys.limit import Limit
from gpreg_theory.toys.stability import Stability

CLOSE = 1e-3
"""A trajectory has reached an equilibrium if each coordinate is this close."""


def print_answer(answer: ToyStability) -> None:
    """Print all but the conclusion: one measure in full or several compared, and what else was asked for."""
    several = len(answer.looks) + len(answer.refused) > 1
    name, first = next(iter(answer.looks.items()))
    measure = [] if several else [name]
    coefficient = [f"rho = {answer.rho:g}"] if answer.measures else []
    choices = {"form": answer.form, "loss": answer.loss}
    chosen = [f"{key} {value}" for key, value in choices.items() if value not in {None, "wasserstein"}]
    console.heading(f"{first.system.title}: {', '.join([*measure, *coefficient, *chosen])}")
    if several:
        _print_comparison(answer)
    else:
        _print_facts(first, generator=answer.ratio != 1)
        _print_modes(first.stability)
        _print_equilibria(first)
    _print_orbits(answer.looks)
    _print_reaches(answer.looks)


def _print_facts(look: Look, *, generator: bool) -> None:
    """Print the facts about one measure, with the generator's largest steps if it has a rate of its own."""
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
                both = f", generator {number(limit.generator_step)}" if generator else ""
                facts[f"largest {scheme} step"] = f"{number(limit.step)}{both}; {limit.because}"
    if system.energy is not None:
        formula, derivative = system.energy.formula, system.energy.derivative
        facts["conserved" if derivative == "0" else "energy"] = (
            formula if derivative == "0" else f"{formula}, with the derivative {derivative}"
        )
    prose.facts(list(facts.items()))


def _print_modes(stability: Stability) -> None:
    linear = stability.linear
    if linear is None or not linear.game.modes:
        return
    console.heading("\nModes")
    rows = [
        [number(mode.frequency), number(mode.damping), number(mode.ratio), number(best)]
        for mode, best in zip(linear.game.modes, linear.best.ratios, strict=True)
    ]
    titles = ("frequency", "damping", "damping ratio", f"at rho = {number(linear.best.rho)}")
    prose.table(titles, rows[:SHOWN])
    if len(rows) > SHOWN:
        console.note(f"and {len(rows) - SHOWN} slower ones; --json has all")
    console.note("A damping ratio of 0 is undamped, of 1 critical; above 1 a mode creeps.")


def _print_equilibria(look: Look) -> None:
    if len(look.equilibria) > 1:
        console.heading("\nEquilibria")
        rows = [[point(item.point), item.kind, spectrum(item.spectrum), item.note] for item in look.equilibria]
        prose.table(("point", "kind", "spectrum", ""), rows)


def _print_comparison(answer: ToyStability) -> None:
    """Print one row for each measure; that of a measure without a linearised game says why."""
    looks = answer.looks
    single = all(look.system.p == 1 for look in looks.values())
    titles = ("measure", "Q" if single else "tr Q", "rate", "best rho", "rate there", "simultaneous step")
    rows: dict[str, list[str]] = {
        name: [name, f"{error.message}{f'; {error.remedy}' if error.remedy else ''}"]
        for name, error in answer.refused.items()
    }
    for name, look in looks.items():
        linear = look.stability.linear
        if linear is None:
            rows[name] = [name, f"no linearised game: {look.stability.obstacle}"]
            continue
        game, best, together = linear.game, linear.best, linear.simultaneous
        cells = [game.Q.trace(), game.rate, best.rho, best.rate, together.step if together else None]
        undamped = f"{len(game.undamped)} of {len(game.modes)}"
        rows[name] = [name, *map(number, cells), number(linear.alternating.step), undamped]
    prose.table((*titles, "alternating step", "undamped"), [rows[name] for name in answer.measures])
    linear = next((look.stability.linear for look in looks.values() if look.stability.linear), None)
    if linear is not None:
        console.note(f"No measure and no rho has a rate above {number(linear.ceiling.rate)}.")


def _print_orbits(looks: Mapping[str, Look]) -> None:
    """Print where the trajectories end that were asked for."""
    rows = [
        [name, point(start), point(limit.state), f"{limit.time:.4g}", _ending(limit, look.equilibria)]
        for name, look in looks.items()
        for start, limit in look.orbits
    ]
    if rows:
        console.heading("\nTrajectories")
        prose.table(("measure", "from", "to", "time", ""), rows)


def _ending(limit: Limit, equilibria: Sequence[Equilibrium]) -> str:
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
    """Print how far the basins reach that were asked for."""
    rows = []
    for name, look in looks.items():
        if reach := look.reach:
            said = "" if reach.attracting in {None, True} else "orbits stay in the ball, but may not be attracted"
            true = number(reach.inner) if reach.inner < math.inf else f"above {number(reach.searched)}"
            rows.append([name, number(reach.estimate), true, said])
    if rows:
        console.heading("\nBasin of attraction: radius of the largest ball about the equilibrium")
        prose.table(("measure", "estimate of Lemma 1", "by integration", ""), rows)

"""The stability of a toy with each of several measures, as ``gpreg stability`` tells it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpreg.errors import OptionError, UnknownNameError, UsageError
from gpreg.interfaces import GANLoss, GradientForm
from gpreg.registry.kinds import FORM, LOSS
from gpreg.registry.plain import plain
from gpreg.registry.registry import Options, load_registry
from gpreg_theory.toys.basin import attracts, basin_radius, true_basin
from gpreg_theory.toys.catalogue import find_toy
from gpreg_theory.toys.equilibrium import Equilibrium
from gpreg_theory.toys.limit import Limit, limit
from gpreg_theory.toys.stability import Stability, comparison, stability_of
from gpreg_theory.toys.system import ToySystem

WITHOUT = "no penalty"
"""The name for the measure where none is chosen."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far the basin of the desired equilibrium reaches.

    Attributes:
        estimate: the radius by Lemma 1; ``None`` for toys, forms and losses that the lemma is not about.
        attracting: whether the ball of that radius is attracted; ``None`` where there is no estimate.
        inner, outer: the radius of the largest ball in the true basin, and the distance of its farthest boundary.
        searched: how far was searched.
    """

    estimate: float | None
    attracting: bool | None
    inner: float
    outer: float
    searched: float = 5.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """What was found for a toy with one measure.

    Attributes:
        options: the measure's options.
        system, stability: the toy, and how stable its equilibrium is.
        equilibria: all known equilibria; empty where the field jumps.
        orbits: where each trajectory that was asked for starts, and where it ends.
        reach: how far the basin reaches, if that was asked for.
    """

    options: Mapping[str, Any]
    system: ToySystem
    stability: Stability
    equilibria: tuple[Equilibrium, ...]
    orbits: tuple[tuple[tuple[float, ...], Limit], ...]
    reach: Reach | None

    def to_dict(self) -> dict[str, Any]:
        """As plain data whose numbers may be infinite."""
        energy = self.system.energy
        return {
            "options": dict(self.options),
            **self.stability.to_dict(),
            "equilibria": [
                {
                    "point": item.point.tolist(),
                    "kind": item.kind,
                    "spectrum": [[value.real, value.imag] for value in item.spectrum.tolist()],
                    "note": item.note,
                }
                for item in self.equilibria
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
                for start, limit in self.orbits
            ],
            "basin": None if self.reach is None else vars(self.reach),
        }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ToyStability:
    """How stable a toy is with each measure. Its ``repr`` is the conclusion.

    Attributes:
        measures: the names that were asked for; empty if there is no penalty.
        looks: what was found, by measure; at least one.
        refused: why other measures cannot be used on this toy.
        rho, form, loss, critic_steps, ratio: as asked for, the same for all measures; ``form=None`` is each one's own.
    """

    measures: tuple[str, ...]
    looks: Mapping[str, Look]
    refused: Mapping[str, UsageError]
    rho: float
    form: str | None
    loss: str
    critic_steps: int
    ratio: float

    @property
    def system(self) -> ToySystem:
        """The toy, with the first measure."""
        return next(iter(self.looks.values())).system

    @property
    def conclusion(self) -> str:
        """The conclusion in words, about one measure or about how several compare."""
        found = {name: look.stability for name, look in self.looks.items()}
        several = len(self.looks) + len(self.refused) > 1
        return comparison(found) if several else next(iter(found.values())).conclusion

    def __repr__(self) -> str:
        return f"{self.system.title}: {self.conclusion}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it: ``"inf"`` is an infinite number."""
        document = {
            "system": self.system.name,
            "title": self.system.title,
            "coordinates": list(self.system.coordinates),
            "equilibrium": self.system.equilibrium.tolist(),
            "rho": self.rho,
            "form": self.form,
            "loss": self.loss,
            "critic_steps": self.critic_steps,
            "ratio": self.ratio,
            "measures": [{"measure": name, **look.to_dict()} for name, look in self.looks.items()],
            "refused": [
                {"measure": name, "because": error.message, "remedy": error.remedy}
                for name, error in self.refused.items()
            ],
            "conclusion": self.conclusion,
        }
        found: dict[str, Any] = plain(document, infinity="text", nan="null")
        return found


def toy_stability(
    toy: str,
    measures: str | Iterable[str] | Mapping[str, Mapping[str, Any]] = (),
    *,
    rho: float = 1.0,
    form: str | GradientForm | None = None,
    form_options: Options = None,
    loss: str | GANLoss = "wasserstein",
    loss_options: Options = None,
    critic_steps: int = 1,
    ratio: float = 1.0,
    starts: Sequence[tuple[float, ...]] = (),
    time: float = 100.0,
    basin: bool = False,
) -> ToyStability:
    """Find how stable a toy is with each of several measures: its modes, the best rho and the largest steps.

    >>> found = toy_stability("dirac", "mid")
    >>> found.looks["mid"].stability.linear.best.rho
    2.0

    Args:
        toy: a name of :data:`gpreg_theory.TOYS`, or an alias.
        measures: names, or a mapping of names to options; without any there is no penalty.
        rho: the coefficient of ``(rho/2) E_mu[form(grad D)]``.
        form: a name, with ``form_options``, or a form of your own; ``None``: each measure's own.
        loss: a name, with ``loss_options``, or a loss of your own.
        critic_steps: critic steps before each generator step, for the largest alternating step.
        ratio: the generator's learning rate over the critic's.
        starts: where trajectories start: ``(psi, theta)``, as many numbers as the toy has coordinates.
        time: the time after which a trajectory is given up.
        basin: whether to find how far the basin of attraction reaches, for planar toys.

    Raises:
        UnknownNameError, OptionError: there is no such toy, measure, form, loss or option.
        UsageError: none of the measures can be used on the toy; says which can.
    """
    registry = load_registry()
    names = (measures,) if isinstance(measures, str) else tuple(measures)
    options = measures if isinstance(measures, Mapping) else {}
    common = {
        "rho": rho,
        "form": registry.build(FORM, form, form_options) if isinstance(form, str) else form,
        "loss": registry.build(LOSS, loss, loss_options) if isinstance(loss, str) else loss,
    }
    systems, refused = _systems(toy, {name: options.get(name, {}) for name in names}, common)
    looks = {}
    for name, system in systems.items():
        stability = stability_of(system, critic_steps=critic_steps, ratio=ratio)
        looks[name] = Look(
            options=options.get(name, {}),
            system=system,
            stability=stability,
            equilibria=() if stability.spectrum is None else system.equilibria(),
            orbits=tuple((start, limit(system, start, time=time)) for start in starts),
            reach=_reach(system, time) if basin else None,
        )
    return ToyStability(
        measures=names,
        looks=looks,
        refused=refused,
        rho=rho,
        form=form if form is None or isinstance(form, str) else type(form).__name__,
        loss=loss if isinstance(loss, str) else type(loss).__name__,
        critic_steps=critic_steps,
        ratio=ratio,
    )


def _systems(
    toy: str, measures: Mapping[str, Mapping[str, Any]], common: Mapping[str, Any]
) -> tuple[dict[str, ToySystem], dict[str, UsageError]]:
    """The toy with each measure, and why some measures cannot be used.

    Raises:
        UsageError: none of them can be used.
    """
    build = find_toy(toy).builder
    if not measures:
        return {WITHOUT: build(**common)}, {}
    systems: dict[str, ToySystem] = {}
    refused: dict[str, UsageError] = {}
    for name, options in measures.items():
        try:
            systems[name] = build(measure=name, measure_options=dict(options), **common)
        except (OptionError, UnknownNameError):  # this was mistyped; it says nothing about the game
            raise
        except UsageError as error:
            refused[name] = error
    if not systems:
        raise next(iter(refused.values()))
    return systems, refused


def _reach(system: ToySystem, time: float) -> Reach:
    """How far the basin reaches, by integration, and for the Dirac-GAN also by its mass function."""
    estimate, attracting, law = None, None, system.regularizer.law
    true = true_basin(system, time=time, reach=Reach.searched)
    if system.name == "dirac" and system.energy is not None and law is not None and not system.regularizer.idle:

        def mass(psi: Any, theta: Any) -> Any:
            nodes = law.nodes(system.players, psi[:, None], theta[:, None])
            return 0 * psi if nodes is None else nodes.weights.sum(dim=1)

        estimate = basin_radius(mass)
        attracting = attracts(mass, estimate)
    return Reach(estimate=estimate, attracting=attracting, inner=true.inner, outer=true.outer)

"""A toy with each of several measures: what ``gpreg stability`` says of it."""

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
"""What stands for the measure where none is chosen."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """A toy with one measure, and what was found.

    Attributes:
        options: of the measure.
        system, stability: it, and what its equilibrium says.
        equilibria: empty where the field jumps.
        orbits: where each trajectory that was asked for starts, and where it ends.
        reach: of the basin, if that was asked for.
    """

    options: Mapping[str, Any]
    system: ToySystem
    stability: Stability
    equilibria: tuple[Equilibrium, ...]
    orbits: tuple[tuple[tuple[float, ...], Limit], ...]
    reach: Reach | None

    def to_dict(self) -> dict[str, Any]:
        """Numbers as they are, infinite ones, too."""
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
    """How stable a toy is with each measure. It prints as its conclusion.

    Attributes:
        measures: the names that were asked for; empty: no penalty.
        looks: what was found, by measure; at least one.
        refused: why others cannot be had on this toy.
        rho, form, loss, critic_steps, ratio: as asked for, of every measure; ``form=None``: each measure's own.
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
        """In words: of one measure, or of how several compare."""
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
    """How stable a toy is: modes, best rho and largest steps, and where trajectories end; with several measures.

    >>> found = toy_stability("dirac", "mid")
    >>> found.looks["mid"].stability.linear.best.rho
    2.0

    Args:
        toy: a name of :data:`gpreg_theory.TOYS`, or an alias.
        measures: names, or a mapping of them to options; none: no penalty.
        rho: coefficient of ``(rho/2) E_mu[form(grad D)]``.
        form: by name, with options, or a form of your own; ``None``: each measure's own.
        loss: likewise.
        critic_steps: before each generator step, for the largest alternating step.
        ratio: the generator's learning rate over the critic's.
        starts: of trajectories ``(psi, theta)``, of as many numbers as the toy has coordinates.
        time: after which they are given up.
        basin: whether to look how far the basin of attraction reaches; of planar toys.

    Raises:
        UnknownNameError, OptionError: there is no such toy, measure, form or loss, or not such an option.
        UsageError: none of the measures can be used on the toy; says which would be right.
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
    """The toy with each measure, and why it cannot be had with some.

    Raises:
        UsageError: with none of them.
    """
    build = find_toy(toy).builder
    if not measures:
        return {WITHOUT: build(**common)}, {}
    systems: dict[str, ToySystem] = {}
    refused: dict[str, UsageError] = {}
    for name, options in measures.items():
        try:
            systems[name] = build(measure=name, measure_options=dict(options), **common)
        except (OptionError, UnknownNameError):  # a slip of whoever typed it, and nothing about the game
            raise
        except UsageError as error:
            refused[name] = error
    if not systems:
        raise next(iter(refused.values()))
    return systems, refused


def _reach(system: ToySystem, time: float) -> Reach:
    """By integration, and for the Dirac-GAN by its mass function."""
    estimate, attracting, law = None, None, system.regularizer.law
    true = true_basin(system, time=time, reach=Reach.searched)
    if system.name == "dirac" and system.energy is not None and law is not None and not system.regularizer.idle:

        def mass(psi: Any, theta: Any) -> Any:
            nodes = law.nodes(system.players, psi[:, None], theta[:, None])
            return 0 * psi if nodes is None else nodes.weights.sum(dim=1)

        estimate = basin_radius(mass)
        attracting = attracts(mass, estimate)
    return Reach(estimate=estimate, attracting=attracting, inner=true.inner, outer=true.outer)

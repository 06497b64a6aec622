"""How stable the game of real networks is: the modal table of a recipe, or of a run's checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gpreg.errors import UsageError
from gpreg.experiments.experiment import Experiment
from gpreg.experiments.run import Run
from gpreg.registry.kinds import FORM, LOSS
from gpreg.runs.plan import Plan
from gpreg.training.advice import with_chosen
from gpreg.training.device import by_itself, cpu_threads
from gpreg.training.examination import reopened
from gpreg.training.setup import Setup
from gpreg_theory.advice.beyond import beyond
from gpreg_theory.advice.points import curvature_scale, point_of, zeroed
from gpreg_theory.advice.rho import tune
from gpreg_theory.checks.evidence.operations import described, kinks
from gpreg_theory.linear.game import Vector
from gpreg_theory.networks.modes import ModalTable, modal_table
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Tell, Triplets, leading_triplets


@dataclass(frozen=True, kw_only=True, repr=False)
class NetworkStability:
    """The modes of an experiment's game at one point. It prints as what is claimed of them.

    Attributes:
        setup: the set-up as it was looked at.
        step: the number of generator steps done.
        construction: whether the point is the equilibrium by construction, with the critic's last layer zeroed;
            otherwise it is where the networks are.
        scale: the factor of Q for the gradient form; the table's rho is the recipe's times this.
        table: the modes.
        motion: the norm of the gradient flow's field, relative to that at the initial weights: how far the networks are
            from rest. ``None`` at the construction.
        notes: what else should be known.
    """

    setup: Setup
    step: int
    construction: bool
    scale: float
    table: ModalTable
    motion: float | None
    notes: tuple[str, ...]

    @property
    def rho(self) -> float:
        """The coefficient for which the modes were judged."""
        return self.setup.penalty.rho

    @property
    def best_rho(self) -> float:
        """The best coefficient for these modes with this gradient form; 0 where there is none."""
        return self.table.best.rho / self.scale if self.scale else 0.0

    @property
    def ratios(self) -> Vector:
        """``(k,)``, the modes' damping ratios, strongest mode first."""
        return np.array([mode.ratio for mode in self.table.modes])

    @property
    def frequencies(self) -> Vector:
        """``(k,)``, the modes' frequencies."""
        return np.array([mode.frequency for mode in self.table.modes])

    def __repr__(self) -> str:
        return "\n".join((self.table.claim, *self.notes))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it."""
        recipe = self.setup.recipe
        return {
            "measure": recipe.measure.name,
            "form": recipe.form.name,
            "loss": recipe.loss.name,
            "architecture": recipe.architecture.name,
            "dataset": recipe.dataset.name,
            "rho": self.rho,
            "best_rho": self.best_rho,
            "step": self.step,
            "point": "construction" if self.construction else "networks",
            "motion": self.motion,
            "form_scale": self.scale,
            "table": self.table.to_dict(),
            "notes": list(self.notes),
        }


Asked = Plan | Experiment | Run
"""What stability can be asked of."""


def asked_of(of: Asked) -> tuple[Plan, Path | None, int | str | None]:
    """The plan; and for a run its folder and the checkpoint that is looked at."""
    if isinstance(of, Run):
        return of.experiment.plan, of.path, of.at
    return of.plan if isinstance(of, Experiment) else of, None, None


def network_stability(
    of: Asked,
    *,
    run: Path | None = None,
    step: int | str | None = None,
    construction: bool | None = None,
    modes: int = 10,
    progress: Tell | None = None,
    find: Callable[..., Triplets] = leading_triplets,
) -> NetworkStability:
    """Find the strongest generator-visible modes of a recipe's game, or of a run's.

    >>> import gpreg
    >>> network_stability(gpreg.experiment("plane"), modes=3).table.verdict
    'damped'

    Args:
        of: an experiment, its plan, or a run, whose own folder and checkpoint are looked at.
        run: the folder of a run whose networks are those of the experiment; ``None``: they are untrained.
        step: of its checkpoint; ``"best"``: by score; ``None``: the newest.
        construction: look where the critic's last layer is zero, with the features that the critic has; ``None``: only
            where nothing is trained.
        modes: the number of modes.
        progress: told how far the computation is.
        find: finds the modes of R; for several measures, one
            :class:`gpreg_theory.networks.strongest.StrongestModes` finds them once.

    Raises:
        UsageError: choices clash, there is no such point, or the loss or form has no linearised game; says why.
        DataError, CheckpointError: the data, or the checkpoint, is not there.
    """
    plan, folder, at = asked_of(of)
    run, step = (run, step) if folder is None else (folder, at)
    require_linear(plan)
    recipe = plan.recipe
    with cpu_threads(recipe.compute.threads), by_itself():
        setup, moment = reopened(plan, run=run, step=step)
        if recipe.penalty.rho == "auto":
            setup = with_chosen(setup, tune(setup, find).choice)
        scale = curvature_scale(setup.penalty.form, recipe.penalty.of)
        constructed = run is None if construction is None else construction
        critic = zeroed(setup) if constructed else setup.critic
        points = (point_of(setup, critic, seed=seed, equilibrium=constructed) for seed in (0, 1))
        first, second = (replace(point, rho=point.rho * scale) for point in points)
        table = modal_table(first, k=modes, second=second, tell=progress, find=find)
        motion = None
        if not constructed:
            initial = setup.critic if moment.reference is None else moment.reference
            before = point_of(setup, initial, seed=0, equilibrium=False)
            motion = _norm(first) / max(_norm(before), torch.finfo(torch.float32).tiny)
        labels = None if first.labels is None else first.labels[:2]
        rough = kinks(first.critic.network, first.real[:2], labels)
    notes = (
        [f"the critic is not smooth ({described(rough)}); the linearised game is that of almost every point"]
        if rough
        else []
    )
    if found := beyond(setup):
        notes.append(f"the modes are those of loss and penalty alone: {found}")
    if not scale:
        notes.append("the gradient form is flat at 0: it damps no mode to first order, whatever rho is")
    if motion is not None:
        notes.append(
            f"the networks move {motion:.2g} times as fast as at the start; away from rest the linearised game has "
            "terms that the modes leave out"
        )
    return NetworkStability(
        setup=setup,
        step=moment.step,
        construction=constructed,
        scale=scale,
        table=table,
        motion=motion,
        notes=tuple(notes),
    )


def require_linear(plan: Plan) -> None:
    """Refuse a form or a loss with which the game cannot be linearised, before anything else is built.

    Raises:
        UsageError: the gradient form has a kink at 0, or the loss not the form ``E_pd f(D) + E_pg f(-D)``.
    """
    curvature_scale(plan.build(FORM), plan.recipe.penalty.of)
    loss = plan.build(LOSS)
    if loss.concave is None:
        raise UsageError(
            f"loss {plan.recipe.loss.name!r} has not the form E_pd f(D) + E_pg f(-D), so that the linear game of Q, R "
            "and K is not its own",
            remedy="choose --loss wasserstein or --loss non-saturating",
        )


def _norm(point: GamePoint) -> float:
    psi, theta = point.field()
    return float(torch.cat([psi, theta]).norm())

"""Train several runs together: jointly those that can be, one after another those that cannot."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from gpreg.errors import GpregError, InterruptedRun
from gpreg.runs.folder import RECIPE, RunFolder
from gpreg.runs.plan import Plan
from gpreg.training.device import computing
from gpreg.training.distributed import Ranks
from gpreg.training.joint.fitness import why_alone, why_apart
from gpreg.training.joint.member import Member
from gpreg.training.joint.trainer import JointTrainer
from gpreg.training.resumption import resuming
from gpreg.training.run import starting
from gpreg.training.trainer import Trainer

_log = logging.getLogger(__name__)


def train_together(runs: Sequence[tuple[Plan, Path]]) -> list[RunFolder | GpregError]:
    """Train several runs in this process, jointly where that is possible.

    Each has its own folder, as :func:`gpreg.training.run.start` leaves it, and goes on from there if it was left
    earlier. Weights and statistics are those of the run alone up to roundoff.

    Args:
        runs: plan and folder of each. Their recipes are alike, as :func:`gpreg.sweeps.joint.joint_key` says; whatever
            else keeps them apart is found out here.

    Returns:
        The folder of each, once it is complete, or the error that ended it.
    """
    if not runs:
        return []
    members = [Member(path) for _, path in runs]
    with computing(runs[0][0].recipe.compute) as ranks, ExitStack() as held:
        for member, (plan, path) in zip(members, runs, strict=True):
            held.push(member)
            member.enter(_opened(plan, path, ranks))
        together, alone = _divided([member for member in members if member.live])
        if together:
            _log.info("%d runs are trained jointly", len(together))
            JointTrainer(together).run()
        stopped = any(isinstance(member.outcome, InterruptedRun) for member in members)
        for member in alone:
            if stopped:
                member.fail(InterruptedRun(f"stopped before {member.path} went on"))
                continue
            with member.guarded():
                member.trainer.run()
                member.finish()
            stopped = isinstance(member.outcome, InterruptedRun)
    return [member.outcome for member in members if member.outcome is not None]


def _opened(plan: Plan, path: Path, ranks: Ranks) -> AbstractContextManager[Trainer | None]:
    """A run where it was left, or a new one."""
    return resuming(path, plan.supply, ranks) if (path / RECIPE).is_file() else starting(plan, path, ranks)


def _divided(members: Sequence[Member]) -> tuple[list[Member], list[Member]]:
    """Those that can be trained jointly, and the others."""
    fit = []
    for member in members:
        if (reason := why_alone(member.trainer.setup)) is None:
            fit.append(member)
        else:
            _log.info("%s is trained by itself: %s", member.path.name, reason)
    if len(fit) > 1 and (reason := why_apart([member.trainer.setup for member in fit])) is not None:
        _log.info("runs are trained one after another: %s", reason)
        fit = []
    if len(fit) < 2:  # a single run is trained as ever, bit for bit
        fit = []
    return fit, [member for member in members if member not in fit]

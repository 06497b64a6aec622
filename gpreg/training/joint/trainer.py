"""The joint trainer: steps all runs at once, and lets each run's own trainer do what a tick brings."""

from collections.abc import Sequence
from contextlib import nullcontext, suppress

import torch
from torch import Tensor

from gpreg.errors import GpregError, InterruptedRun
from gpreg.training.interruption import Interruption, interrupted, interruptible
from gpreg.training.joint.game import JointGame
from gpreg.training.joint.member import Member
from gpreg.training.tick import snapshot


class JointTrainer:
    """Trains several runs to the last step of their recipes, which is the same.

    Runs that were left at different steps meet first: those that are behind are trained until they are where the next
    one was left. A run that diverges, or whose folder cannot be written, leaves with its error, and the others go on.
    An error in the middle of a step, such as a measure's, ends all that are in it; each may be resumed alone.

    Args:
        members: the runs, opened, see :mod:`gpreg.training.joint.fitness`.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members

    def run(self) -> None:
        """Train; what becomes of each run is its :attr:`Member.outcome`. A signal stops all, and all are saved."""
        with suppress(InterruptedRun), self._members[0].trainer.setup.precision, interruptible() as asked:
            for member in self._live:
                member.begin(len(self._members))
            while self._live:
                self._train(asked)

    @property
    def _live(self) -> list[Member]:
        return [member for member in self._members if member.live]

    def _train(self, asked: Interruption) -> None:
        """Train those that are furthest behind, until they meet others, or one of them leaves."""
        steps = sorted({member.trainer.step for member in self._live})
        group = [member for member in self._live if member.trainer.step == steps[0]]
        until = steps[1] if len(steps) > 1 else group[0].trainer.setup.recipe.training.steps
        game = JointGame([member.trainer.setup for member in group])
        tick = _Tick(group, game)
        while all(member.live for member in group) and tick.step < until:
            try:
                tick.play()
            except GpregError as error:  # in the middle of a step, after which none can go on as if alone
                for member in group:
                    member.fail(error)
                return
            if tick.ends or asked:
                tick.end(asked)
            elif tick.step == until:
                tick.pause()
        for member in group:
            if member.live and member.trainer.complete:
                with member.guarded():
                    member.finish()
        if asked and not all(member.trainer.complete for member in group):
            for member in self._live:  # those ahead have been saved where they are
                member.fail(interrupted(member.trainer.folder, member.trainer.step, asked))
            raise interrupted(group[0].trainer.folder, tick.step, asked)  # else the signal would be raised again


class _Tick:
    """Steps of some runs between two ticks.

    Args:
        members: the runs.
        game: of these runs, in this order.

    Attributes:
        step: number of generator steps done.
    """

    def __init__(self, members: Sequence[Member], game: JointGame) -> None:
        self._members, self._game = members, game
        self.step = members[0].trainer.step
        self._rows: list[Tensor] = []
        self._begin()

    def play(self) -> None:
        """One generator iteration."""
        counting = [member.trainer.memory for member in self._members if member.trainer.memory.counts(self.step)]
        with self._game.watched() if counting else nullcontext() as kept:
            self._last = self._game.play(self.step)
        for memory in counting:
            memory.add(kept.most if kept else 0.0)
        self._rows.append(self._last.rows)
        self.step += 1
        if self.step == 1:  # the runs have begun
            self.record()

    @property
    def ends(self) -> bool:
        """Whether a tick ends here."""
        return self._members[0].trainer.ends_tick(self.step)

    def record(self) -> None:
        """Give each run the rows of the steps since it was last given any, and the rest of its state."""
        rows = torch.stack(self._rows) if self._rows else None
        for index, member in enumerate(self._members):
            with member.guarded():
                if rows is not None:
                    member.trainer.statistics.add(rows[:, :, index])
                member.trainer.count(len(self._rows))
        self._rows.clear()
        self._game.publish()

    def pause(self) -> None:
        """Leave the tick in its middle; its time does not count until it goes on."""
        self.record()
        for member in self._members:
            member.trainer.pause(self._pace(member))

    def end(self, asked: Interruption) -> None:
        """What the tick brings, run by run; its time is shared out evenly."""
        self.record()
        paces = [self._pace(member) for member in self._members]
        for index, (member, pace) in enumerate(zip(self._members, paces, strict=True)):
            if member.live:
                with member.guarded():
                    member.trainer.end_tick(snapshot(self._last.of(index)) | pace, asked or None)
        self._begin()

    def _pace(self, member: Member) -> dict[str, float]:
        pace, share = member.trainer.pace(), len(self._members)
        return pace | {
            "seconds": pace["seconds"] / share,
            "images_per_second": pace["images_per_second"] * share,
        }

    def _begin(self) -> None:
        for member in self._members:
            if member.live:
                member.trainer.begin_tick()

"""The trainer: generator steps between ticks; at a tick statistics, pictures, scores, checkpoints."""

import logging
import math
from collections.abc import Callable
from typing import Any

from gpreg.errors import GpregError
from gpreg.evaluation.sampler import Sampler
from gpreg.evaluation.scores import Conditions, take_score
from gpreg.interfaces import Advice, Moment
from gpreg.recipe import Choice, to_table
from gpreg.registry.kinds import METRIC
from gpreg.registry.plain import plain
from gpreg.registry.specs import MetricSpec
from gpreg.runs.checkpoint import Score
from gpreg.runs.folder import RunFolder
from gpreg.training.advice import Advisors, refuse, set_rho
from gpreg.training.game import Game
from gpreg.training.interruption import Interruption, interrupted, interruptible
from gpreg.training.memory import Memory
from gpreg.training.roles import CRITIC, GENERATOR
from gpreg.training.sample_pictures import SamplePictures
from gpreg.training.seeds import seed_for
from gpreg.training.setup import Setup, initial_critic
from gpreg.training.state import capture
from gpreg.training.statistics import Statistics
from gpreg.training.tick import Tick, read_unread, snapshot, unread
from gpreg.training.watching import Onlookers

_log = logging.getLogger(__name__)


class Trainer:
    """Trains a set-up, and writes into a run folder.

    Args:
        setup: set up, or restored from a checkpoint.
        folder: where process 0 writes.
        onlookers: the observers, and the critic's gap; nobody by default.
        advisors: asked at ticks; ``None``: nobody is.
        step: generator steps done already.
        resumed: whether this run was begun before; what it did then is not done again.
        tick: what the checkpoint keeps of a tick that was in progress, see :mod:`gpreg.training.tick`.
        strict: stop where a check finds an assumption violated.
        begun: called after each step; the first call says that the run has begun.

    Attributes:
        setup, folder: as given.
        step: number of generator steps done.
        statistics: of the steps since the last tick.
        memory: what steps need of it.

    Raises:
        CheckpointError: the tick in progress is not one of this run.
    """

    def __init__(
        self,
        setup: Setup,
        folder: RunFolder,
        onlookers: Onlookers | None = None,
        advisors: Advisors | None = None,
        *,
        step: int = 0,
        resumed: bool = False,
        tick: object = None,
        strict: bool = False,
        begun: Callable[[], None] | None = None,
    ) -> None:
        self.setup, self.folder, self.step = setup, folder, step
        self._strict, self._resumed, self._begun = strict, resumed, begun
        self._initial = initial_critic(setup) if setup.recipe.report.check_ticks else None
        onlookers = onlookers or Onlookers()
        self._observers, self._gap, self._advisors = onlookers.observers, onlookers.gap, advisors
        self._game = Game(setup)
        self._report = setup.recipe.report
        self.statistics = Statistics(
            setup.players,
            tick=self._report.tick,
            device=setup.device,
            gradients=setup.recipe.compute.precision != "fp16",
        )
        self._pictures = SamplePictures(setup, folder)
        self._refused: set[str] = set()
        self._tick, self._left, self.memory = Tick(step), None, Memory(setup, step)
        if (kept := read_unread(tick)) is not None:
            self.statistics.restore(kept[0])
            self._left = kept[1]

    def run(self) -> None:
        """Train to the recipe's last step.

        Raises:
            DivergenceError: something is not finite; the last checkpoint from before is kept.
            InterruptedRun: a signal came; the state was saved.
            StorageError: the run folder cannot be written.
        """
        with self.setup.precision, interruptible() as asked:
            try:
                self._train(asked)
            finally:
                self.close()

    def _train(self, asked: Interruption) -> None:
        self.open()
        self.begin_tick()
        while not self.complete:
            with self.memory.of(self.step):
                iteration = self._game.play(self.step)
            self.statistics.record(iteration)
            self.count()
            stop = bool(asked) and self.setup.ranks.count == 1
            if self.ends_tick(self.step) or stop:
                stop = self.setup.ranks.any(bool(asked), self.setup.device)
                self.end_tick(snapshot(iteration) | self.pace(), asked if stop else None)
                self.begin_tick()

    @property
    def complete(self) -> bool:
        """Whether all steps of the recipe are done."""
        return self.step >= self.setup.recipe.training.steps

    def open(self) -> None:
        """What comes before the next step: a first look, or the one that the run was stopped before."""
        table = plain(to_table(self.setup.recipe))
        for observer in self._observers:
            observer.start(self.folder.path, table, self.step)
        if not self._resumed:
            self._look(None)
        elif self._left is not None and self.ends_tick(self.step):
            self._look(self._left)
            self._left = None

    def close(self) -> None:
        """Tell the observers that nothing more comes."""
        for observer in self._observers:
            observer.finish()

    def count(self, steps: int = 1) -> None:
        """Count generator steps whose rows the statistics have."""
        self.step += steps
        if self._begun is not None:
            self._begun()

    def pause(self, pace: dict[str, float]) -> None:
        """Leave a tick in its middle, after a pace; :meth:`begin_tick` goes on with it."""
        self._left = pace

    def begin_tick(self) -> None:
        """Begin to measure the time of a tick, or go on with the one that was left in its middle."""
        left, self._left = self._left, None
        if left is None:
            self._tick.begin(self.step)
        else:
            self._tick.begin(self.step, steps=int(left["steps"]), seconds=left["seconds"])

    def pace(self) -> dict[str, float]:
        """See :meth:`gpreg.training.tick.Tick.pace`; and the memory of a step, if it is known."""
        pace, memory = self._tick.pace(self.step, self.setup), self.memory.megabytes
        return pace if memory is None else {**pace, "memory_mb": memory}

    def end_tick(self, measured: dict[str, float], asked: Interruption | None = None) -> None:
        """What a tick brings, after the rows of its steps are recorded; or, in its middle, save the state and stop.

        Args:
            measured: of the last step, and the pace.
            asked: a signal to stop; at the last step it changes nothing.

        Raises:
            DivergenceError, InterruptedRun, StorageError: see :meth:`run`.
        """
        if asked is not None and not self.complete:
            self._save(None, unread(self.statistics.checked(self.step), measured))
            raise interrupted(self.folder, self.step, asked)
        self._look(measured)

    def ends_tick(self, step: int) -> bool:
        """Whether a tick ends after a number of generator steps."""
        return step % self._report.tick == 0 or step == self.setup.recipe.training.steps

    def _look(self, measured: dict[str, float] | None) -> None:
        """What happens at a tick. Without anything measured: at the start, before any step."""
        last = self.complete
        if measured is not None:
            values = self.statistics.read(self.step) | measured
            for name in (GENERATOR, CRITIC):
                values[f"{name}_lr"] = float(self.setup.players[name].optimizer.param_groups[0]["lr"])
        else:
            values = {}
        scored = last or self._due(self._report.score_ticks)
        main = self.setup.ranks.main
        if scored and main and self._gap is not None:
            values |= self._gap(self.setup.critic)
        if main and values:
            self.folder.stats.append({"step": self.step, **values})
        for observer in self._observers:
            observer.scalars(self.step, values)
        score = self._score() if scored and main else None
        if main and (last or self._due(self._report.picture_ticks)):
            self._draw()
        if measured is not None and not last and self._due(self.setup.recipe.penalty.retune_ticks):
            self._retune()
        checked = measured is not None and self._due(self._report.check_ticks)
        said = self._ask() if checked and main else {}
        due = measured is not None and self._due(self._report.checkpoint_ticks)
        saved = last or due or self._beats(score) or measured is None or checked
        if self.setup.ranks.any(saved, self.setup.device):
            self._save(score)
        if checked and self._strict:
            refuse(said, self.setup.ranks)

    def _retune(self) -> None:
        """Choose rho anew; if that is impossible, report it and keep the old one."""
        if self._advisors is None:
            return
        try:
            name, choice = self._advisors.choose_rho(self.setup)
        except GpregError as error:
            _log.info("rho stays %g: %s", self.setup.penalty.base_rho, error.message)
            return
        set_rho(self.setup, choice.rho)
        _log.info("step %d: rho = %g: %s", self.step, choice.rho, choice.because)
        if self.setup.ranks.main:
            self._advisors.add(self.folder, name, "tuning", choice.document, step=self.step)

    def _ask(self) -> dict[str, Advice]:
        """The advisors' advice at the current step."""
        if self._advisors is None:
            return {}
        said = self._advisors.say(self.setup, Moment(step=self.step, reference=self._initial))
        for name, advice in said.items():
            for line in advice.lines:
                _log.info("step %d, %s", self.step, line)
            self._advisors.add(self.folder, name, "later", advice.document, step=self.step)
        return said

    def _due(self, ticks: int) -> bool:
        return ticks > 0 and self.step % (ticks * self._report.tick) == 0

    def _save(self, score: Score | None, tick: dict[str, Any] | None = None) -> None:
        checkpoint = capture(self.setup, self.step, score, tick)
        if self.setup.ranks.main:
            self.folder.checkpoints.save(checkpoint)

    def _score(self) -> Score | None:
        """Take every score; the first one that can be taken decides which checkpoint is best."""
        setup, recipe = self.setup, self.setup.recipe
        sampler = Sampler(setup.sampled, setup.spec, labels=setup.labels)
        conditions = Conditions(
            step=self.step,
            samples=recipe.report.score_samples,
            split="train",
            generator="average" if setup.average else "raw",
            seed=seed_for(recipe.training.seed, "scores"),
        )
        taken: list[Score | None] = []
        for choice in recipe.metrics:
            if choice.name in self._refused:
                continue
            try:
                line = take_score(
                    choice,
                    setup.plan.registry,
                    sampler,
                    setup.data,
                    conditions,
                    device=setup.device,
                    critic=setup.critic,
                )
            except GpregError as error:  # training continues without a score that cannot be taken
                self._refused.add(choice.name)
                _log.info("metric %r is left out of this run: %s", choice.name, error)
                continue
            self.folder.metrics.append(line)
            scores = {f"{choice.name}/{name}": value for name, value in line["values"].items()}
            for observer in self._observers:
                observer.scalars(self.step, scores)
            taken.append(_decisive(choice, setup.plan.registry.get(METRIC, choice.name), line))
        return taken[0] if taken else None

    def _beats(self, score: Score | None) -> bool:
        best = self.folder.checkpoints.best_score() if score else None
        return score is not None and score.beats(best)

    def _draw(self) -> None:
        for name, image in self._pictures.draw(self.step):
            for observer in self._observers:
                observer.images(self.step, name, image)


def _decisive(choice: Choice, spec: MetricSpec, line: dict[str, Any]) -> Score | None:
    """By what a checkpoint may be the best one: the first value that the metric reports, unless it is not finite."""
    for name, better in spec.values.items():
        if name in line["values"]:
            number = line["values"][name]
            finite = math.isfinite(number)
            return Score(metric=choice.name, value=name, number=number, better=better) if finite else None
    return None

"""The trainer: generator steps between ticks; at a tick statistics, pictures, scores, checkpoints."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, cast

import torch

from gpreg.errors import GpregError, UsageError
from gpreg.evaluation.gap import CriticGap
from gpreg.evaluation.sampler import Sampler
from gpreg.evaluation.scores import Request, take_score
from gpreg.interfaces import Observer
from gpreg.recipe import Choice, to_table
from gpreg.registry.options import plain
from gpreg.registry.specs import MetricSpec
from gpreg.runs.checkpoint import Score
from gpreg.runs.folder import RunFolder
from gpreg.theory.checks.report import Report
from gpreg.training.checks import Checks, check, document, refuse_violations
from gpreg.training.experiment import Experiment, initial_critic
from gpreg.training.game import Game, Iteration
from gpreg.training.interruption import InterruptedRun, Interruption, interruptible
from gpreg.training.portraits import Portraits
from gpreg.training.seeds import seed_for
from gpreg.training.state import capture
from gpreg.training.statistics import Statistics
from gpreg.training.tuning import set_rho, tune


class Trainer:
    """Trains an experiment in a run folder.

    Args:
        experiment: set up, or restored from a checkpoint.
        folder: where process 0 writes.
        observers: told what happens, in process 0.
        tell: told in words what a user should know.
        gap: of the critic; ``None``: not measured.
        step: generator steps done already.
        strict: stop where a check finds an assumption violated.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        *,
        observers: Iterable[Observer] = (),
        tell: Callable[[str], None],
        gap: CriticGap | None = None,
        step: int = 0,
        strict: bool = False,
    ) -> None:
        self.experiment, self.folder, self.step = experiment, folder, step
        self._strict = strict
        self._initial = initial_critic(experiment) if experiment.recipe.report.check_ticks else None
        self._observers, self._tell, self._gap = tuple(observers), tell, gap
        self._game = Game(experiment)
        self._report = experiment.recipe.report
        self._statistics = Statistics(
            {"critic": experiment.critic, "generator": experiment.generator},
            tick=self._report.tick,
            device=experiment.device,
            gradients=experiment.recipe.compute.precision != "fp16",
        )
        self._portraits = Portraits(experiment, folder)
        self._refused: set[str] = set()

    def run(self) -> None:
        """Train to the recipe's last step.

        Raises:
            DivergenceError: something is not finite; the last checkpoint from before is kept.
            InterruptedRun: a signal came; the state was saved.
            StorageError: the run folder cannot be written.
        """
        steps = self.experiment.recipe.training.steps
        with interruptible() as asked:
            try:
                self._train(steps, asked)
            finally:
                for observer in self._observers:
                    observer.finish()

    def _train(self, steps: int, asked: Interruption) -> None:
        table = plain(to_table(self.experiment.recipe))
        for observer in self._observers:
            observer.start(self.folder.path, table, self.step)
        if self.step == 0:
            self._look(None, {}, asked=False)
        tick = _Tick(self.step)
        while self.step < steps:
            iteration = self._game.play(self.step)
            self._statistics.record(iteration)
            self.step += 1
            stop = bool(asked) and self.experiment.ranks.count == 1
            if self.step % self._report.tick == 0 or self.step == steps or stop:
                stop = self.experiment.ranks.any(bool(asked), self.experiment.device)
                self._look(iteration, tick.close(self.step, self.experiment), asked=stop)
                if stop and self.step < steps:
                    self._stop(asked)
                tick.begin(self.step)

    def _look(self, iteration: Iteration | None, pace: dict[str, float], *, asked: bool) -> None:
        """What happens at a tick. Without an iteration: at the start, before any step."""
        last = self.step == self.experiment.recipe.training.steps
        if iteration is not None:
            values = self._statistics.read(self.step) | _snapshot(iteration) | pace
            rates = self.experiment.generator_optimizer.param_groups, self.experiment.critic_optimizer.param_groups
            values |= {"generator_lr": float(rates[0][0]["lr"]), "critic_lr": float(rates[1][0]["lr"])}
        else:
            values = {}
        leave = asked and not last  # save, and leave the rest to whoever resumes
        scored = not leave and (last or self._due(self._report.score_ticks))
        main = self.experiment.ranks.main
        if scored and main and self._gap is not None:
            values |= self._gap(self.experiment.critic)
        if main and values:
            self.folder.stats.append({"step": self.step, **values})
        for observer in self._observers:
            observer.scalars(self.step, values)
        score = self._score() if scored and main else None
        if main and not leave and (last or self._due(self._report.picture_ticks)):
            self._draw()
        if iteration is not None and not last and self._due(self.experiment.recipe.penalty.retune_ticks):
            self._retune()  # even when asked to stop: the state that is saved must be that of a run that went on
        checked = iteration is not None and not leave and self._due(self._report.check_ticks)
        report = self._check() if checked and main else None
        best = self._beats(score)
        due = iteration is not None and self._due(self._report.checkpoint_ticks)
        saved = last or asked or due or best or iteration is None or checked
        if self.experiment.ranks.any(saved, self.experiment.device):
            self._save(score)
        if checked and self._strict:
            refuse_violations(report, self.experiment.ranks)

    def _retune(self) -> None:
        """Choose rho anew; where that is not possible, say so and keep it."""
        try:
            tuning = tune(self.experiment)
        except UsageError as error:
            self._tell(f"rho stays {self.experiment.coefficient.rho:g}: {error.message}")
            return
        set_rho(self.experiment, tuning.rho)
        self._tell(f"step {self.step}: rho = {tuning.rho:g}: {tuning.because}")
        if self.experiment.ranks.main:
            Checks(self.folder).add("tuning", tuning.to_dict(self.step))

    def _check(self) -> Report:
        """What the assumptions look like now."""
        report = check(self.experiment, reference=self._initial, trained=True)
        self._tell(f"step {self.step}, theorem: {report.conclusion.text}")
        Checks(self.folder).add("later", document(report, self.experiment, step=self.step))
        return report

    def _due(self, ticks: int) -> bool:
        return ticks > 0 and self.step % (ticks * self._report.tick) == 0

    def _save(self, score: Score | None) -> None:
        checkpoint = capture(self.experiment, self.step, score)
        if self.experiment.ranks.main:
            self.folder.checkpoints.save(checkpoint)

    def _score(self) -> Score | None:
        """Take every score; the first one that can be taken decides which checkpoint is best."""
        recipe, own = self.experiment.recipe, self.experiment
        sampler = Sampler(own.sampled, own.spec, labels=own.labels)
        request = Request(
            step=self.step,
            samples=recipe.report.score_samples,
            split="train",
            generator="average" if own.average else "raw",
            seed=seed_for(recipe.training.seed, "scores"),
        )
        taken: list[Score | None] = []
        for choice in recipe.metrics:
            if choice.name in self._refused:
                continue
            try:
                line = take_score(choice, own.registry, sampler, own.data, request, device=own.device)
            except GpregError as error:  # a score that cannot be taken leaves training unharmed
                self._refused.add(choice.name)
                self._tell(f"metric {choice.name!r} is left out of this run: {error}")
                continue
            self.folder.metrics.append(line)
            scores = {f"{choice.name}/{name}": value for name, value in line["values"].items()}
            for observer in self._observers:
                observer.scalars(self.step, scores)
            taken.append(_decisive(choice, cast(MetricSpec, own.registry.get("metric", choice.name)), line))
        return taken[0] if taken else None

    def _beats(self, score: Score | None) -> bool:
        best = self.folder.checkpoints.best_score() if score else None
        return score is not None and score.beats(best)

    def _draw(self) -> None:
        for name, image in self._portraits.draw(self.step):
            for observer in self._observers:
                observer.images(self.step, name, image)

    def _stop(self, asked: Interruption) -> NoReturn:
        raise InterruptedRun(
            f"stopped by {asked.name or 'another process'} after generator step {self.step}; the state is saved",
            remedy=f"`gpreg resume {self.folder.path}` goes on from here",
        )


class _Tick:
    """How fast it goes, from tick to tick; what is done at a tick is left out."""

    def __init__(self, step: int) -> None:
        self.begin(step)

    def begin(self, step: int) -> None:
        """The steps from here on count."""
        self._step, self._started = step, time.perf_counter()

    def close(self, step: int, experiment: Experiment) -> dict[str, float]:
        """Steps, seconds, and real images per second that the critic saw; waits for the device."""
        if experiment.device.type == "cuda":
            torch.cuda.synchronize(experiment.device)
        seconds = time.perf_counter() - self._started
        settings = experiment.recipe.training
        images = (step - self._step) * settings.critic_steps * settings.batch_size * experiment.ranks.count
        done = {"steps": step - self._step, "seconds": seconds}
        return {**done, "images_per_second": images / seconds if seconds else 0.0}


def _snapshot(iteration: Iteration) -> dict[str, float]:
    """The critic in the last step of the tick."""
    critic = iteration.critic
    values = {"d_real": float(critic.d_real.detach().mean()), "d_fake": float(critic.d_fake.detach().mean())}
    if critic.terms is not None:
        values["gradient_norm"] = float(critic.terms.gradient_norms.mean())
    return values


def _decisive(choice: Choice, spec: MetricSpec, line: dict[str, Any]) -> Score | None:
    """By what a checkpoint may be the best one: the first value that the metric reports, unless it is not finite."""
    for name, better in spec.values.items():
        if name in line["values"]:
            number = line["values"][name]
            finite = math.isfinite(number)
            return Score(metric=choice.name, value=name, number=number, better=better) if finite else None
    return None

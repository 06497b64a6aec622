"""A run that was started: its networks and measurements, and how it goes on."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import torch
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.evaluation.output import Output, check_free
from gpreg.evaluation.sampler import BATCH
from gpreg.evaluation.trained import Trained, load_trained
from gpreg.experiments.arguments import checkpoint, one_of, whole
from gpreg.experiments.bibliography import Citations
from gpreg.experiments.citations import citations_of
from gpreg.experiments.experiment import Experiment, plan_of
from gpreg.experiments.progress import Show, counting, watching
from gpreg.experiments.rows import Row, score_rows, statistics_rows
from gpreg.experiments.scoring import Request, Which, score
from gpreg.experiments.shown import html, in_words
from gpreg.interfaces import Generator, Observer
from gpreg.recipe import CompleteRecipe
from gpreg.runs.checkpoint import step_of
from gpreg.runs.data import open_data
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.runs.plan import Supply
from gpreg.training.advice import Advisors
from gpreg.training.device import by_itself, device_for
from gpreg.training.distributed import Ranks
from gpreg.training.examination import Examination, examine
from gpreg.training.resumption import Wishes, resume

if TYPE_CHECKING:
    from PIL.Image import Image

Classes = str | int | Sequence[str | int]
"""One class or several, by name or number."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Run:
    """A run, complete or not. :func:`gpreg.open_run` finds it; :meth:`Experiment.train` leaves it.

    Attributes and methods read the folder anew each time, so that a run in progress can be looked at.

    Attributes:
        path: of the folder.
        supply: plugins and data of this machine.
        at: the checkpoint that is looked at: a step, ``"best"`` by score, or ``None`` for the newest.

    >>> import gpreg
    >>> run = gpreg.experiment("plane", steps=2, metrics=[]).train("runs/mine", progress=False)
    >>> run.stats[-1]["step"], run.scores, run.generator()(torch.zeros(3, 2)).shape
    (2, [], torch.Size([3, 2]))
    >>> run.resume(steps=4, progress=False)
    Run('runs/mine', step 4 of 4)
    >>> [(row["metric"], row["score"], row["step"]) for row in run.evaluate("wasserstein", samples=1000)]
    [('wasserstein', 'w1', 4)]
    """

    path: Path
    supply: Supply
    at: int | str | None = None

    @property
    def experiment(self) -> Experiment:
        """The experiment of the run; ``run.experiment.with_(seed=1).train()`` trains it with another seed."""
        return Experiment(plan=RunFolder.open(self.path).plan(self.supply))

    @property
    def recipe(self) -> CompleteRecipe:
        """The run's recipe, with nothing left to defaults."""
        return self.experiment.recipe

    @property
    def citations(self) -> Citations:
        """The publications behind everything that the run used, with the versions that it ran with."""
        asked, environment = self.experiment, RunFolder(self.path).read_document(ENVIRONMENT)
        return citations_of([asked.recipe], asked.plan.registry, environments=[environment])

    @property
    def step(self) -> int:
        """Generator steps done at the checkpoint that is looked at; 0 if there is none."""
        checkpoints = RunFolder(self.path).checkpoints
        if self.at == "best":
            best = checkpoints.best()
            return step_of(best.name) if best else 0
        return self.at if isinstance(self.at, int) else max(checkpoints.steps(), default=0)

    @property
    def stats(self) -> Sequence[Row]:
        """The statistics, a row for each tick, oldest first, all with the same keys, which are ``step`` and floats."""
        return statistics_rows(RunFolder(self.path).stats.read())

    @property
    def scores(self) -> Sequence[Row]:
        """The scores, a row for each value of a metric, oldest first, all with the same keys."""
        return score_rows(RunFolder(self.path).metrics.read())

    def when(self, step: int | str | None) -> "Run":
        """The run as it was at another checkpoint: of a step, the ``"best"`` by score, or (``None``) the newest."""
        return replace(self, at=checkpoint(step))

    def resume(
        self,
        *,
        steps: int | None = None,
        strict: bool | None = None,
        observers: Iterable[Observer] = (),
        progress: Show = "auto",
    ) -> "Run":
        """Go on from the newest checkpoint; the weights end as if the run had never stopped.

        Args:
            steps: in all, from now on, where a schedule that ends with the run begins anew at the end that it had;
                ``None``: as many as its recipe says.
            strict: whether it stops where an assumption is violated; ``None``: as it did until now.
            observers: who watches, beside those that the recipe names.
            progress: whether to show how far it is; ``"auto"``: on a terminal and in a notebook.

        Raises:
            GpregError: as :meth:`Experiment.train` does, or no checkpoint can be read.
        """
        with watching(progress, observers) as watchers:
            wishes = Wishes(steps=None if steps is None else whole(steps, "steps"), strict=strict)
            resume(self.path, self.supply, wishes=wishes, observers=watchers)
        return replace(self, at=None)

    def generator(self, which: Which = "average", *, device: str = "auto") -> Generator:
        """The generator ``(B, z) -> (B, *x)`` in evaluation mode.

        Args:
            which: ``"average"``: its average over training, if the run keeps one; ``"raw"``: the generator itself.
            device: the device on which it is put.

        Raises:
            CheckpointError: there is no such checkpoint, or it is damaged.
        """
        generator: Generator = self._trained(which, device).networks.generator.eval()
        return generator

    def critic(self, *, device: str = "auto") -> nn.Module:
        """The critic ``(B, *x) -> (B,)`` in evaluation mode; one of your own may return ``(B, 1)``, as it does.

        Raises:
            CheckpointError: there is no such checkpoint, or it is damaged.
        """
        return self._trained("average", device).networks.critic.eval()

    def sample(
        self, n: int, *, seed: int = 0, which: Which = "average", classes: Classes = (), device: str = "auto"
    ) -> Tensor:
        """Samples ``(n, *x)`` of float32 in the generator's value range, on the CPU.

        Args:
            n: the number of samples.
            seed: fixes the samples, the same as those of ``gpreg sample``.
            which: ``"average"``: the generator's average, if there is one; ``"raw"``: the generator itself.
            classes: the classes to draw, by name or number, for a class-conditional generator; empty: all.
            device: the device on which samples are generated.

        Raises:
            UsageError: a class is not known, or the generator takes no labels.
            CheckpointError: there is no such checkpoint, or it is damaged.
        """
        whole(n, "n", least=1)
        output = _output(self._trained(which, device), seed, classes, device)
        return torch.cat([batch.samples.cpu() for batch in output.batches(n)])

    def save(
        self,
        out: str | os.PathLike[str],
        n: int = 64,
        *,
        seed: int = 0,
        which: Which = "average",
        classes: Classes = (),
        interpolate: bool = False,
        columns: int | None = None,
        overwrite: bool = False,
        device: str = "auto",
        progress: Show = "auto",
    ) -> Trained:
        """Write samples as ``gpreg sample`` does.

        Args:
            out: ``FILE.png``: a grid, or the points of the plane; ``FILE.npz``: an array; else a folder of images.
            n: how many.
            seed, which, classes, device: as of :meth:`sample`.
            interpolate: whether each row of a picture goes from one code to another.
            columns: the number of columns of a picture's grid.
            overwrite: whether to replace what is there.
            progress: whether to show how far it is.

        Returns:
            the generator that was taken, with its ``step`` and ``which``.

        Raises:
            UsageError: the place is not free, or samples of this shape cannot be written so.
            CheckpointError: there is no such checkpoint, or it is damaged.
        """
        path = Path(out)
        for asked, given in (("interpolate", interpolate), ("columns", columns is not None)):
            if given and path.suffix != ".png":
                raise UsageError(f"--{asked} is of a picture, and {path} is none", remedy="choose --out FILE.png")
        check_free(path, overwrite=overwrite)
        whole(n, "n", least=1)
        trained = self._trained(which, device)
        with counting("samples", n, show=progress) as done:
            output = _output(trained, seed, classes, device, columns=columns, watch=done)
            if interpolate:
                output.interpolation(path, n, open_data(trained.plan) if output.planar else None)
            else:
                output.write(path, n)
        return trained

    def evaluate(self, *metrics: str, **request: Unpack[Request]) -> Sequence[Row]:
        """Score samples; the scores are added to the run's ``metrics.jsonl``.

        A metric of the recipe that cannot score these samples is left out with a note, as in training; one that is
        asked for, by its name, with options or with a number of samples, is an error.

        Args:
            metrics: names of ``gpreg list-metrics``; by default those of the run's recipe.
            request: ``samples``, ``options``, ``split`` and others, see :class:`gpreg.experiments.scoring.Request`.

        Returns:
            the new rows of :attr:`scores`.

        Raises:
            UsageError: there is no such metric or option, or it cannot score these samples.
            DataError, CheckpointError: the data, or the checkpoint, is not there.
        """
        return score_rows(self.scoring(*metrics, **request))

    def scoring(self, *metrics: str, **request: Unpack[Request]) -> Iterator[dict[str, Any]]:
        """As :meth:`evaluate`, metric by metric; yields lines of ``metrics.jsonl`` with their whole provenance."""
        where = request.get("which", "average"), request.get("device", "auto")
        return score(self._trained(*where, batch=request.get("batch", BATCH)), metrics, request)

    def check(self, experiment: Experiment | None = None, *, at_rest: bool = False) -> Examination:
        """Ask every advisor about the networks as they are; see :meth:`Experiment.check`.

        Args:
            experiment: the run's experiment with other choices that leave its networks as they are, such as
                ``run.experiment.with_(measure="pd")``; by default as it was trained.
            at_rest: assert that the networks are at an equilibrium, which cannot be seen from them. More can then be
                decided, but only under this assumption.

        Raises:
            UsageError: no advisor is installed; says what to install.
        """
        return examine(plan_of(experiment or self.experiment), run=self.path, step=self.at, at_rest=at_rest)

    def stability(self, experiment: Experiment | None = None, **wishes: Any) -> Any:
        """Find the modes of the game, linearised where the networks are; see :meth:`Experiment.stability`.

        Raises:
            UsageError: no advisor is installed that has an answer, or there is no linearised game; says why.
        """
        plan = plan_of(experiment or self.experiment)
        return Advisors(plan).stability(plan, run=self.path, step=self.at, **wishes)

    def picture(self) -> "Image":
        """The newest picture of the run's samples.

        Raises:
            UsageError: there is none yet.
        """
        from PIL import Image

        pictures = self.pictures
        if not pictures:
            raise UsageError(f"{self.path} has no picture yet", remedy="run.save('samples.png') draws one")
        with Image.open(pictures[-1]) as image:
            image.load()
        return image

    @property
    def pictures(self) -> Sequence[Path]:
        """The files of all pictures of the run's samples, oldest first."""
        return sorted(RunFolder(self.path).samples.glob("*.png"))

    __repr__, _repr_html_ = in_words, html

    def _trained(self, which: Which, device: str, *, batch: int = BATCH) -> Trained:
        one_of(which, "which", ("average", "raw"))
        place = device_for(device, Ranks())
        with by_itself():
            return load_trained(self.path, self.supply, device=place, step=self.at, raw=which == "raw", batch=batch)


def _output(trained: Trained, seed: int, classes: Classes, device: str, **rest: Any) -> Output:
    words = [classes] if isinstance(classes, str | int) else classes
    place, seed = device_for(device, Ranks()), whole(seed, "seed", least=0)
    return Output(trained, seed=seed, device=place, classes=list(map(str, words)), **rest)

"""Scores of a run's samples, one metric after the other."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, TypedDict

from gpreg.errors import DataError, UsageError
from gpreg.evaluation.metrics import wanted
from gpreg.evaluation.scores import Conditions, take_score
from gpreg.evaluation.trained import Trained
from gpreg.experiments.arguments import known, one_of, table, whole
from gpreg.experiments.progress import Show, counting
from gpreg.recipe import Recipe, resolve
from gpreg.runs.data import open_data
from gpreg.training.device import device_for
from gpreg.training.distributed import Ranks

Which = Literal["average", "raw"]

_log = logging.getLogger(__name__)


class Request(TypedDict, total=False):
    """What to score, besides the metrics.

    Attributes:
        options: the metrics' options; a table under a metric's name is for it alone, other keys for all that have them.
        samples: the number of generated samples; by default (``None``) the recipe's.
        split: the split of the data, ``"train"`` by default, or ``"test"``.
        seed: the seed of the samples; by default 0.
        which: ``"average"`` by default: the generator's average, if there is one; ``"raw"``: the generator itself.
        batch: the number of samples generated at once.
        device: the device; by default ``"auto"``.
        progress: whether to show progress; by default on a terminal.
    """

    options: Mapping[str, Any]
    samples: int | None
    split: Literal["train", "test"]
    seed: int
    which: Which
    batch: int
    device: str
    progress: Show


def score(trained: Trained, metrics: Sequence[str], request: Request) -> Iterator[dict[str, Any]]:
    """Take scores, and add them to the run's ``metrics.jsonl``; yields its lines.

    A metric of the recipe that cannot score these samples is left out with a note, as in training; one that is asked
    for, by its name, with options or with a number of samples, is an error.

    Args:
        trained: the generator whose samples are scored.
        metrics: names of metrics; without any, those of the recipe.
        request: what else was asked for; ``which`` and ``batch`` are settled already.

    Raises:
        UsageError: there is no such metric or option, or it cannot score these samples.
        DataError: the data is not there.
    """
    known(request, Request.__annotations__, "evaluate")
    options, samples = table(request.get("options", {}), "options"), request.get("samples")
    seed, split = whole(request.get("seed", 0), "seed", least=0), request.get("split", "train")
    one_of(split, "split", ("train", "test"))
    asked = wanted(trained, list(dict.fromkeys(metrics)), options)
    if not asked:
        raise UsageError(
            "the run's recipe names no metric",
            remedy="choose one with --metric NAME; `gpreg list-metrics` says which samples each scores",
        )
    registry, device = trained.plan.registry, device_for(request.get("device", "auto"), Ranks())
    complete = resolve(replace(trained.recipe, metrics=tuple(asked)), registry).metrics
    number = trained.recipe.report.score_samples if samples is None else whole(samples, "samples", least=2)
    conditions = Conditions(step=trained.step, samples=number, split=split, generator=trained.which, seed=seed)
    data = open_data(trained.plan, split)
    for choice in complete:
        bar = counting(choice.name, number, show=request.get("progress", "auto"))
        try:
            with bar as done, _alternative(choice.name, trained.recipe):
                line = take_score(
                    choice,
                    registry,
                    trained.sampler,
                    data,
                    conditions,
                    device=device,
                    critic=trained.networks.critic,
                    watch=done,
                )
        except (UsageError, DataError) as error:
            if metrics or options or samples:  # what was asked for is not left out
                raise
            _log.info("Note: metric %r of the run's recipe is left out: %s", choice.name, error)
        else:
            trained.folder.metrics.append(line)
            yield line


@contextmanager
def _alternative(metric: str, recipe: Recipe) -> Iterator[None]:
    """Let an error of a metric that cannot score these samples name the metrics of the recipe."""
    try:
        yield
    except UsageError as error:
        names = [choice.name for choice in recipe.metrics]
        if not names or metric in names:
            raise
        takes = f"the run's own are --metric {' --metric '.join(names)}"
        raise UsageError(error.message, remedy="; ".join(filter(None, (takes, error.remedy)))) from error

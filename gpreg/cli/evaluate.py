"""``gpreg evaluate``: how good a run's samples are."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from gpreg.cli import console
from gpreg.cli.choices import data_access
from gpreg.cli.parameters import as_json, complete_choice
from gpreg.cli.sample import checkpoint
from gpreg.cli.session import Session
from gpreg.errors import DataError, UsageError
from gpreg.recipe import Recipe, resolve
from gpreg.registry.options import assignments
from gpreg.registry.plain import plain


def command(name: str) -> click.Command:
    """The command ``evaluate``."""

    @click.command(name)
    @click.argument("run", type=click.Path(path_type=Path))
    @click.option(
        "--metric",
        "metrics",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_choice("metric"),
        help="of `gpreg list-metrics`; repeatable; by default those of the run's recipe",
    )
    @click.option(
        "-S",
        "settings",
        multiple=True,
        metavar="[METRIC.]KEY=VALUE",
        help="option of a metric, such as fid.weights=FILE; without METRIC. of all that have it",
    )
    @click.option("-n", "--samples", "n", type=click.IntRange(min=2), help="generated samples; by default the recipe's")
    @click.option(
        "--split", type=click.Choice(["train", "test"]), default="train", show_default=True, help="of the data"
    )
    @click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="fixes the samples")
    @click.option("--step", help="of the checkpoint, or 'best'; by default the newest")
    @click.option("--raw", is_flag=True, help="the generator itself, not its average")
    @click.option(
        "--batch-size", type=click.IntRange(2, 1000), default=250, show_default=True, help="generated at once"
    )
    @click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps")
    @data_access
    @as_json
    @click.pass_obj
    @console.told
    def evaluate(
        session: Session,
        run: Path,
        metrics: tuple[str, ...],
        settings: tuple[str, ...],
        n: int | None,
        split: Literal["train", "test"],
        seed: int,
        step: str | None,
        raw: bool,
        batch_size: int,
        device: str,
        data_root: Path | None,
        download: bool,
        as_json: bool,
    ) -> None:
        """Score a run's samples.

        Each score says what it was taken of: split, number of samples, extractor and its hash, versions. Only scores
        that agree in all of these may be compared. They are added to the run's metrics.jsonl.

        A metric of the recipe that cannot score these samples is left out with a note, as in training; one that
        --metric, -S or -n asks for is an error.
        """
        from gpreg.evaluation.evaluate import evaluate_run, wanted
        from gpreg.evaluation.trained import load_trained
        from gpreg.experiments.progress import counting
        from gpreg.runs.data import open_data
        from gpreg.training.device import device_for
        from gpreg.training.distributed import Ranks

        place, supply = device_for(device, Ranks()), session.supply(data_root, download=download)
        trained = load_trained(run, supply, device=place, step=checkpoint(step), raw=raw, batch=batch_size)
        asked = wanted(trained, list(dict.fromkeys(metrics)), assignments(settings))
        if not asked:
            raise UsageError(
                "the run's recipe names no metric",
                remedy="choose one with --metric NAME; `gpreg list-metrics` says which samples each scores",
            )
        complete = resolve(replace(trained.recipe, metrics=tuple(asked)), supply.registry).metrics
        number = n or trained.recipe.report.score_samples
        data = open_data(trained.plan, split)
        lines: list[dict[str, Any]] = []
        try:
            for choice in complete:
                try:
                    with counting(choice.name, number) as done, _alternative(choice.name, trained.recipe):
                        lines.append(
                            evaluate_run(
                                trained,
                                choice,
                                samples=number,
                                split=split,
                                seed=seed,
                                device=place,
                                data=data,
                                watch=done,
                            )
                        )
                except (UsageError, DataError) as error:
                    if metrics or settings or n:  # what was asked for is not left out
                        raise
                    console.talk(f"Note: metric {choice.name!r} of the run's recipe is left out: {error}")
        finally:  # the run has these, whatever became of the next one
            if lines or (as_json and not sys.exception()):
                _show(lines, as_json=as_json)

    return evaluate


@contextmanager
def _alternative(metric: str, recipe: Recipe) -> Iterator[None]:
    """Name the metrics of the run's recipe where another one cannot score its samples."""
    try:
        yield
    except UsageError as error:
        names = [choice.name for choice in recipe.metrics]
        if not names or metric in names:
            raise
        takes = f"the run's own are --metric {' --metric '.join(names)}"
        raise UsageError(error.message, remedy="; ".join(filter(None, (takes, error.remedy)))) from error


def _show(lines: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        console.emit({"schema": 1, "scores": plain(lines, infinity="null", nan="null")})
        return
    rows = [
        [line["metric"], name, f"{value:.5g}", line["better"].get(name, "")]
        for line in lines
        for name, value in line["values"].items()
    ]
    titles = ("metric", "value", "score", "better")
    console.table([console.Column(title, wrap=False) for title in titles], rows)
    for line in lines:
        told = {key: value for key, value in line["provenance"].items() if value != {}}
        told["options"] = " ".join(f"{key}={console.text(value)}" for key, value in told.get("options", {}).items())
        console.note(f"{line['metric']}: {console.text({key: value for key, value in told.items() if value != ''})}")

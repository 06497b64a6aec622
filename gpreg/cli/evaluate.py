"""``gpreg evaluate``: how good a run's samples are."""

import sys
from pathlib import Path
from typing import Any, Literal

import click

from gpreg.cli import console
from gpreg.cli.choices import data_access
from gpreg.cli.parameters import as_json, complete_choice
from gpreg.cli.sample import checkpoint
from gpreg.cli.session import Session
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
        scores = session.open_run(run, step=checkpoint(step), data_root=data_root, download=download).scoring(
            *metrics,
            options=assignments(settings),
            samples=n,
            split=split,
            seed=seed,
            which="raw" if raw else "average",
            batch=batch_size,
            device=device,
        )
        lines: list[dict[str, Any]] = []
        try:
            lines.extend(scores)
        finally:  # the run has these, whatever became of the next one
            if lines or (as_json and not sys.exception()):
                _show(lines, as_json=as_json)

    return evaluate


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

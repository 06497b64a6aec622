"""``gpreg evaluate``: how good a run's samples are."""

from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.choices import data_access
from gpreg.cli.parameters import as_json, complete_choice
from gpreg.cli.sample import _step
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.registry.options import assignments


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
    def evaluate(
        session: Session,
        run: Path,
        metrics: tuple[str, ...],
        settings: tuple[str, ...],
        n: int | None,
        split: str,
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
        """
        from gpreg.cli.progress import counting, telling
        from gpreg.evaluation.evaluate import Wanted, evaluate_run, wanted
        from gpreg.evaluation.trained import load_trained
        from gpreg.runs.data import DataAccess
        from gpreg.training.device import device_for
        from gpreg.training.distributed import Ranks

        place = device_for(device, Ranks())
        trained = load_trained(
            run, session.registry, device=place, step=_step(step), raw=raw, batch=batch_size, tell=console.talk
        )
        asked: list[Wanted] = wanted(trained, metrics, assignments(settings), session.registry)
        if not asked:
            raise UsageError("the run's recipe names no metric", remedy="choose one with --metric NAME")
        lines: list[dict[str, Any]] = []
        with telling(console.talk):
            for choice in asked:
                number = n or trained.recipe.report.score_samples
                with counting(choice.name, number) as done:
                    lines.append(
                        evaluate_run(
                            trained,
                            choice,
                            session.registry,
                            samples=number,
                            split=split,
                            seed=seed,
                            device=place,
                            access=DataAccess(root=data_root, download=download),
                            watch=done,
                        )
                    )
        if as_json:
            console.emit({"schema": 1, "scores": lines})
        else:
            _print(lines)

    return evaluate


def _print(lines: list[dict[str, Any]]) -> None:
    rows = [
        [line["metric"], name, f"{value:.5g}", line["better"].get(name, "")]
        for line in lines
        for name, value in line["values"].items()
    ]
    titles = ("metric", "value", "score", "better")
    console.table([console.Column(title, wrap=False) for title in titles], rows)
    for line in lines:
        told = ", ".join(f"{key}: {console.text(value)}" for key, value in line["provenance"].items() if value != {})
        console.note(f"{line['metric']}: {told}")

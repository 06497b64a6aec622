"""``gpreg sample``: draw samples from a run's generator."""

from pathlib import Path

import click

from gpreg.cli import console
from gpreg.cli.session import Session


def command(name: str) -> click.Command:
    """The command ``sample``."""

    @click.command(name)
    @click.argument("run", type=click.Path(path_type=Path))
    @click.option("-n", "--number", "n", type=click.IntRange(min=1), default=64, show_default=True, help="samples")
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        required=True,
        help="FILE.png: a grid, or the points of the plane; FILE.npz: an array; else a folder of images",
    )
    @click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="fixes the samples")
    @click.option("--step", help="of the checkpoint, or 'best'; by default the newest")
    @click.option("--raw", is_flag=True, help="the generator itself, not its average")
    @click.option("--interpolate", is_flag=True, help="a row for each way between two codes (FILE.png)")
    @click.option("--columns", type=click.IntRange(min=1), help="of the grid; of its row for each class, if any")
    @click.option(
        "--class", "words", multiple=True, metavar="NAME", help="only this class, by name or number; repeatable"
    )
    @click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps")
    @click.option("--overwrite", is_flag=True, help="replace what is there")
    @click.pass_obj
    @console.told
    def sample(
        session: Session,
        run: Path,
        n: int,
        out: Path,
        seed: int,
        step: str | None,
        raw: bool,
        interpolate: bool,
        columns: int | None,
        words: tuple[str, ...],
        device: str,
        overwrite: bool,
    ) -> None:
        """Draw samples of a run.

        The same seed draws the same samples. An array has the key `samples`, (N, *x) of float32 in the generator's
        value range. A class-conditional model has a row for each class in a grid, a folder for each class in a folder
        of images, and `labels`, (N,), and `class_names` in an array; --class draws some classes alone.
        """
        trained = session.open_run(run, step=checkpoint(step)).save(
            out,
            n,
            seed=seed,
            which="raw" if raw else "average",
            classes=words,
            interpolate=interpolate,
            columns=columns,
            overwrite=overwrite,
            device=device,
        )
        what = "ways between samples" if interpolate else "samples"
        console.talk(f"{n:,} {what} of step {trained.step:,} ({trained.which} generator), seed {seed}")
        console.say(str(out))

    return sample


def checkpoint(word: str | None) -> int | str | None:
    """The value of ``--step``, as :func:`gpreg.open_run` takes it."""
    return int(word) if word is not None and word.isdecimal() else word

"""A run as text, and as a notebook shows it: the newest picture, the last scores, and where everything is."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from gpreg.errors import GpregError
from gpreg.experiments.choices import in_one_line
from gpreg.penalties.shown import table

if TYPE_CHECKING:
    from gpreg.experiments.run import Run


def in_words(run: "Run") -> str:
    """The run's folder and step: ``Run('runs/mine', step 3 of 3)``."""
    try:
        far = f"step {run.step:,} of {run.recipe.training.steps:,}"
    except GpregError as error:  # a debugger may ask at any time, and must get an answer
        far = error.message
    return f"{type(run).__name__}({str(run.path)!r}, {far})"


def html(run: "Run") -> str:
    """A table, and the picture below it; of a run that is gone, why there is none."""
    try:
        recipe = run.recipe
    except GpregError:
        return escape(in_words(run))
    last = {(row["metric"], row["score"]): row for row in run.scores}
    rows = {
        "trained": escape(in_one_line(recipe)),
        "steps": f"{run.step:,} of {recipe.training.steps:,}",
        **{
            metric if metric == score else f"{metric}/{score}": f"{row['value']:.5g} at step {row['step']:,}"
            for (metric, score), row in last.items()
        },
        "folder": f"<code>{escape(str(run.path))}</code>",
    }
    picture = ""
    if pictures := run.pictures:
        data = b64encode(pictures[-1].read_bytes()).decode()
        picture = f"<img alt='{escape(pictures[-1].name)}' style='max-width:100%' src='data:image/png;base64,{data}'>"
    return table(f"{type(run).__name__} {run.path.name}", rows) + picture

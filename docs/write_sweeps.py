"""Run the sweeps that pages of the documentation report, and write the pages: ``python docs/write_sweeps.py``.

With names (``python docs/write_sweeps.py which-measure``) only those pages are written; with ``--in FOLDER`` the sweeps
are kept there and go on where they were left. A page is what ``gpreg report`` says of its sweeps, with date, machine,
versions and the commands.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

import gpreg

FINDINGS = Path(__file__).parent / "findings"

Run = Callable[[Sequence[str]], None]
"""Runs a command line of ``gpreg``."""


@dataclass(frozen=True)
class Page:
    """A page about sweeps.

    Attributes:
        title, about: what comes first, and what a reader must know before the numbers.
        sweeps: the names of the sweeps, each with the heading of its part.
    """

    title: str
    about: str
    sweeps: dict[str, str]


FIELD = (
    "For each measure, rho was chosen from the same values, with the same budget, on seeds that no number here is of. "
    "Networks are small and training is short, so that two processor cores do all of it in minutes: what is decided "
    "here is decided for such networks. `wgan` clips weights and has no rho; its bound was not tuned. Where a pair is "
    "not told apart, nothing was decided. "
    "[Choosing rho](../how-to/choosing-rho.md) and [`gpreg sweep`](../how-to/sweeps.md) answer for your networks."
)

PAGES = {
    "which-measure": Page(
        "Which measure?",
        f"Every registered measure with its own best rho, on three kinds of data in the plane. {FIELD}",
        {"field": "8 Gaussians, 25 Gaussians, Swiss roll"},
    ),
    "which-measure-digits": Page(
        "Which measure, on handwritten digits?",
        f"Every registered measure with its own best rho, on digits of 8 x 8 pixels. {FIELD}",
        {"field-digits": "Handwritten digits"},
    ),
    "sgp-table-1-2d": Page(
        "Table 1 of Kim et al., in the plane",
        "The seven rows of Table 1 of Kim, Park and Hwang (2018) on their three laws in the plane, with smaller "
        "networks and fewer steps than theirs. The paper shows pictures of samples and prints no numbers, so none "
        "stands beside these. `modes/modes` counts covered modes, of 8 and of 25; the Swiss roll has none.",
        {"sgp-table-1-2d": "Seven penalties"},
    ),
    "0gp-figure-1": Page(
        "Figure 1 of Thanh-Tung et al., in numbers",
        "The five value surfaces of Figure 1 of Thanh-Tung, Tran and Venkatesh (2019): a critic learns alone, from "
        "fixed points of two Gaussians, and is compared with the best one, `D* = p_d / (p_d + p_g)`, which both "
        "densities tell. They show pictures and print no numbers. `difference` is the mean of |D - D*| over a mesh of "
        "the plane, in "
        "`difference_at_data` each point of the mesh counts by the density of the data there, (p_d + p_g) / 2.",
        {"0gp-figure-1": "Distance from the best critic"},
    ),
}


def write(name: str, folder: Path, scale: str, run: Run, spent: Callable[[Path], float]) -> str:
    """The text of a page, after its sweeps were run in a folder; ``spent`` says for how many seconds one trained."""
    page, parts, commands, seconds = PAGES[name], [], [], 0.0
    for sweep, heading in page.sweeps.items():
        there = folder / f"{sweep}-{scale}"
        new = ["sweep", sweep, "--scale", scale, "--out", str(there)]
        run(["sweep", str(there)] if there.exists() else new)
        run(["report", str(there), "--out", str(there / "report.html")])
        parts.append(f"## {heading}\n\n{part((there / 'report.md').read_text(encoding='utf-8'))}")
        commands.append(f"gpreg sweep {sweep} --scale {scale}")
        seconds += spent(there)
    made = (
        f"{datetime.now(UTC):%d %B %Y}, {machine()}, gpreg {gpreg.__version__}, torch {torch.__version__}; "
        f"{seconds / 60:.0f} minutes of training and scoring, added up over the runs. Written by "
        f"`python docs/write_sweeps.py {name}`, which runs\n\n"
    )
    lines = "".join(f"{command}\n" for command in commands)
    return "\n\n".join([f"# {page.title}", page.about, f"{made}```sh\n{lines}```", *parts]).rstrip() + "\n"


def part(report: str) -> str:
    """A report's Markdown as a part of a page: without its title and how it is made again, headings one lower."""
    text = re.sub(r"\A# .*\n", "", report).partition("## How to make it again")[0]
    return re.sub(r"^(#+ )", r"#\1", text, flags=re.MULTILINE).strip()


def machine() -> str:
    """Processor and cores, in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores of a {platform.machine()} processor, {platform.system()}"


def seconds_of(sweep: Path) -> float:
    """Seconds of training and scoring, added up over the runs of a sweep."""
    return sum(result.seconds for result in gpreg.open_sweep(sweep).results)


def gpreg_command(words: Sequence[str]) -> None:
    """Run ``gpreg`` in a child process; end if it fails."""
    done = subprocess.run([sys.executable, "-m", "gpreg", *words], check=False)
    if done.returncode:
        raise SystemExit(f"gpreg {' '.join(words)} ended with {done.returncode}")


def main() -> None:
    """Write the pages that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="PAGE", help=f"of {', '.join(PAGES)}; by default all")
    parser.add_argument("--scale", default="small", help="scale of the sweeps")
    parser.add_argument("--in", dest="folder", type=Path, default=Path("sweeps"), help="folder of the sweeps")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(PAGES):
        parser.error(f"there is no page {min(unknown)!r}; pages are {', '.join(PAGES)}")
    for name in arguments.names or PAGES:
        text = write(name, arguments.folder, arguments.scale, gpreg_command, seconds_of)
        (FINDINGS / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Start-up time of the command line, against importing the libraries it is made of, paired in one run.

    python benchmarks/startup.py [--rounds 20] [--pipe]

Each round starts every command once, in turn, so that a busy machine slows all of them alike. Printed are median times,
and medians over the rounds of two ratios: to ``python -c "import click, pluggy, rich.table"``, which should stay below
2; and of the same command beside 50 more installed plugins to itself without them, which should stay below 1.2.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = [sys.executable, "-c", "import click, pluggy, rich.table"]
NOTHING = [sys.executable, "-c", "pass"]
SCAN = [sys.executable, "-c", "import importlib.metadata; importlib.metadata.entry_points(group='gpreg')"]
COMMANDS = {
    "--help": ["--help"],
    "list-measures": ["list-measures"],
    "show": ["show", "measure", "mid"],
    "plugins": ["plugins"],
}
EXTRA = 50

MODULE = """
from gpreg import FormSpec, hookimpl

@hookimpl
def gpreg_forms():
    return [FormSpec(name="extra-{n}", factory="extra_{n}:Form", summary="one of many", formula="|g|^2")]
"""
"""A form each, so that ``list-measures`` prints the same table with them and without."""


def install(site: Path, count: int) -> None:
    """Write distributions as an installer would: a module, and metadata that declares its entry point."""
    for n in range(count):
        info = site / f"extra_{n}-1.0.dist-info"
        info.mkdir()
        (site / f"extra_{n}.py").write_text(MODULE.format(n=n))
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: extra-{n}\nVersion: 1.0\n\n" + "A readme.\n" * 200
        )
        (info / "entry_points.txt").write_text(f"[gpreg]\nextra{n} = extra_{n}\n")


def seconds(command: list[str], environment: dict[str, str], pipe: bool) -> float:
    """Wall time of one process whose output goes to a pseudo-terminal, as it does for a user, or to a pipe."""
    master, slave = os.pipe() if pipe else os.openpty()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    try:
        while os.read(master, 65536):
            pass
    except OSError:  # how Linux says that the other end was closed
        pass
    status = process.wait()
    elapsed = time.perf_counter() - start
    os.close(master)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pipe", action="store_true", help="send output to a pipe instead of a pseudo-terminal")
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        site.mkdir()
        install(site, EXTRA)
        # Compiled once and kept, as installers do, whatever this shell's environment says.
        plain = os.environ | {"PYTHONPYCACHEPREFIX": str(Path(folder, "cache")), "PYTHONPATH": "", "COLUMNS": "120"}
        plain.pop("PYTHONDONTWRITEBYTECODE", None)
        crowded = plain | {"PYTHONPATH": str(site)}
        runs = {"base": (BASE, plain), "nothing": (NOTHING, plain), "standard scan": (SCAN, plain)}
        for name, words in COMMANDS.items():
            command = [sys.executable, "-c", "import sys; from gpreg.cli.main import main; sys.exit(main())", *words]
            runs |= {name: (command, plain), f"{name} +{EXTRA}": (command, crowded)}
        times: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(settings.rounds + 1):
            for name, (command, environment) in runs.items():
                elapsed = seconds(command, environment, settings.pipe)
                if turn:  # the first turn compiles and fills the disk cache
                    times[name].append(elapsed)
    print(f"{'import click, pluggy, rich.table':32} {1e3 * statistics.median(times['base']):6.0f} ms")
    scan = 1e3 * (statistics.median(times["standard scan"]) - statistics.median(times["nothing"]))
    print(f"{'what importlib.metadata would add':32} {scan:6.0f} ms")
    for name in COMMANDS:
        alone, crowd = times[name], times[f"{name} +{EXTRA}"]
        print(
            f"gpreg {name:26} {1e3 * statistics.median(alone):6.0f} ms  {ratio(alone, times['base']):.2f} x"
            f"   with {EXTRA} more plugins {1e3 * statistics.median(crowd):6.0f} ms  {ratio(crowd, alone):.2f} x"
        )


def ratio(times: list[float], reference: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(times, reference, strict=True))


if __name__ == "__main__":
    main()

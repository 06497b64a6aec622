"""Start-up beside fifty foreign plugins, five of them at fault, against start-up without them, paired in one run.

    python benchmarks/foreign_plugins.py [--rounds 20] [--pipe]

Each round starts ``gpreg list-measures`` once beside each set of plugins, in turn, so that a busy machine slows all of
them alike. Printed are median times, and the median over the rounds of the ratio to nothing but gpreg's own plugins.
The ratio for fifty, of which five are at fault, should stay below 1.2. Its parts follow: fifty that are sound; and what
each fault costs beside none.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from startup import EXTRA, MODULE, ratio, seconds

FAULTS = {
    "import error": ("import no_such_module\n", ">=0.1"),
    "calls exit": ("raise SystemExit(3)\n", ">=0.1"),
    "unknown hook": ("import gpreg\n@gpreg.hookimpl\ndef gpreg_form(): return []\n", ">=0.1"),
    "prints": (f"import os\nprint('loaded')\nos.write(1, b'loaded')\n{MODULE}", ">=0.1"),
    "another gpreg": (MODULE, ">=1000"),
}
"""A source each, and the versions of gpreg that its package requires. One that prints works, and is remarked."""


def install(site: Path, number: int, source: str, bounds: str) -> None:
    """Write one distribution as an installer would: a module, and metadata with what it requires."""
    info = site / f"extra_{number}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"extra_{number}.py").write_text(source.replace("{n}", str(number)))
    name = f"Metadata-Version: 2.1\nName: extra-{number}\nVersion: 1.0\n"
    required = f"Requires-Dist: numpy\nRequires-Dist: gpreg{bounds}\n"
    (info / "METADATA").write_text(f"{name}{required}\n" + "A readme.\n" * 200)
    (info / "entry_points.txt").write_text(f"[gpreg]\nextra{number} = extra_{number}\n")


def sites(folder: Path) -> dict[str, Path]:
    """The folders of plugins that are compared."""
    sound = (MODULE, ">=0.1,<1000")
    sets = {
        f"{EXTRA} plugins, {len(FAULTS)} at fault": [*FAULTS.values(), *[sound] * (EXTRA - len(FAULTS))],
        f"{EXTRA} sound plugins": [sound] * EXTRA,
        **{f"one: {name}": [fault] for name, fault in FAULTS.items()},
    }
    made = {name: folder / f"site{place}" for place, name in enumerate(sets)}
    for name, site in made.items():
        for number, (source, bounds) in enumerate(sets[name]):
            install(site, number, source, bounds)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pipe", action="store_true", help="send output to a pipe instead of a pseudo-terminal")
    settings = parser.parse_args()
    command = [sys.executable, "-c", "import sys; from gpreg.cli.main import main; sys.exit(main())", "list-measures"]
    with tempfile.TemporaryDirectory() as folder:
        # Compiled once and kept, as installers do, whatever this shell's environment says.
        own = os.environ | {"PYTHONPYCACHEPREFIX": str(Path(folder, "cache")), "COLUMNS": "120"}
        own.pop("PYTHONDONTWRITEBYTECODE", None)
        searched = own.get("PYTHONPATH", "")
        runs = {"gpreg's own plugins": own}
        for name, site in sites(Path(folder)).items():
            runs[name] = own | {"PYTHONPATH": f"{site}{os.pathsep}{searched}" if searched else str(site)}
        times: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(settings.rounds + 1):
            for name, environment in runs.items():
                elapsed = seconds(command, environment, settings.pipe)
                if turn:  # the first turn compiles and fills the disk cache
                    times[name].append(elapsed)
    alone = next(iter(times.values()))
    for name, found in times.items():
        print(f"{name:30} {1e3 * statistics.median(found):6.0f} ms  {ratio(found, alone):.2f} x")


if __name__ == "__main__":
    main()

"""Write a plugin of each kind, and use it as a stranger would: build, install, test, verify, try.

    .venv/bin/python .ci/generated.py ENVIRONMENT FOLDER [KIND ...]

ENVIRONMENT is one with gpreg's wheels and the packages that ``lend_dependencies.py`` lends it. Each kind gets an
environment of its own, which sees that one, and a folder in FOLDER; two kinds are looked at at a time. Without a KIND
all are, and linters and a type checker look at a package of every kind. The interpreter that runs this script builds
the wheels, and lends pytest.
"""

import os
import shlex
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lend_dependencies import dependencies, lend

from gpreg.registry.kinds import KINDS

AT_A_TIME = 2
NAME = "orchard"

SHORTER = {"--steps 200": "--steps 20"}
"""In what is typed to try a thing, so that it takes seconds."""

FEWER = {
    "train": "--set report.check_samples=64 --set report.score_samples=1000",
    "sweep": "--steps 20 --set report.check_samples=64 --set report.score_samples=1000",
    "check": "--set report.check_samples=64",
}
"""What is added, by command."""

TOOLS = {"pytest"}

EVERY = "types of all"
"""What the line is called that linters and the type checker have."""

WITNESSES = {
    "observer": "runs/apple/apple.csv",
    "advisor": "runs/apple/apple.json",
    "executor": "sweeps/apple/cells.json",
    "sweep": "sweeps/apple/cells.json",
}
"""A file that is there once a thing was tried; elsewhere what is said or the run's recipe is the witness."""


class UseError(Exception):
    """A command failed, or what it was to show is not there."""


def run(words: list[str], *, folder: Path, **environment: str) -> str:
    """What a command says; it must succeed."""
    done = subprocess.run(
        words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise UseError(
            f"$ {shlex.join(words)}\nexit code {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return done.stdout + done.stderr


def environment_of(base: Path, place: Path, tools: Path) -> Path:
    """A new environment that sees the base one, and the tools; returns its interpreter."""
    venv.create(place, with_pip=False, symlinks=True)
    (site,) = place.glob("lib/python*/site-packages")
    (seen,) = base.glob("lib/python*/site-packages")
    (site / "base.pth").write_text(f"{seen}\n{base / 'lent'}\n{tools / 'lent'}\n", encoding="utf-8")
    return place / "bin" / "python"


def used(kind: str, base: Path, folder: Path, tools: Path) -> float:
    """Write, build, install, test, verify and try one kind; returns the seconds that this took."""
    began = time.monotonic()
    folder.mkdir(parents=True)
    python = environment_of(base, folder / "venv", tools)
    settings = {"GPREG_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}

    def gpreg(*words: str) -> str:
        return run([str(python), "-P", "-m", "gpreg", *words], folder=folder, **settings)

    gpreg("new-plugin", NAME, f"--{kind}", "apple", "--author", "Ada Lovelace")
    package = folder / f"gpreg-{NAME}"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    building = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder / "dist"), str(package)]
    run([*pip, *building], folder=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    run([*pip, "--python", str(python), "install", "--no-index", "--no-deps", str(wheel)], folder=folder)
    tested = run([str(python), "-P", "-m", "pytest", "-p", "no:cacheprovider"], folder=package, **settings)
    if "passed" not in tested:
        raise UseError(f"no test was run:\n{tested}")
    gpreg("verify", NAME)
    try_out(kind, folder, gpreg)
    return time.monotonic() - began


def try_out(kind: str, folder: Path, gpreg: Callable[..., str]) -> None:
    """Type what the package's author is told to type, with fewer steps, and look for what the thing has done."""
    from gpreg_new_plugin.contents import trial
    from gpreg_new_plugin.thing import Thing

    line = trial(Thing.of(kind, "apple"))
    for long, short in SHORTER.items():
        line = line.replace(long, short)
    _, command, *words = shlex.split(line)
    told = gpreg(command, *words, *shlex.split(FEWER.get(command, "")))
    recipe = folder / "runs" / "apple" / "recipe.toml"
    if kind in WITNESSES:
        seen = (folder / WITNESSES[kind]).is_file()
    elif kind in ("command", "check"):
        seen = {"command": f"gpreg-{NAME}", "check": "D has standard deviation"}[kind] in told
    elif kind == "recipe":
        seen = recipe.is_file()
    else:
        seen = 'name = "apple"' in recipe.read_text(encoding="utf-8")
    if not seen:
        raise UseError(f"`{line}` shows nothing of the {kind}:\n{told[-3000:]}")


def typed(base: Path, folder: Path, tools: Path) -> float:
    """Write one package of every kind, and put linters and the type checker on it; returns the seconds."""
    began = time.monotonic()
    folder.mkdir(parents=True)
    python = environment_of(base, folder / "venv", tools)
    words = [word for kind in KINDS for word in (f"--{kind}", f"{kind}-of-mine")]
    run([str(python), "-P", "-m", "gpreg", "new-plugin", NAME, *words], folder=folder, PYTHONPATH="")
    package = folder / f"gpreg-{NAME}"
    run([sys.executable, "-m", "ruff", "check", "--no-cache"], folder=package)
    run([sys.executable, "-m", "ruff", "format", "--check", "--no-cache"], folder=package)
    checked = ["--python-executable", str(python), "--cache-dir", str(folder / "cache")]
    run([sys.executable, "-m", "mypy", *checked], folder=package, PYTHONPATH="", MYPYPATH="")
    return time.monotonic() - began


def main(environment: str, folder: str, *kinds: str) -> int:
    """Use each kind and print a line for it; returns the number of those that failed."""
    base, place = Path(environment).absolute(), Path(folder).absolute()
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise SystemExit(f"no kind {', '.join(sorted(unknown))}; they are {', '.join(KINDS)}")
    tools = place / "tools"
    (tools / "lib" / "python" / "site-packages").mkdir(parents=True)
    lend(dependencies(TOOLS, themselves=True), tools)
    began, failed = time.monotonic(), 0
    with ThreadPoolExecutor(AT_A_TIME) as executor:
        uses = {kind: executor.submit(used, kind, base, place / kind, tools) for kind in kinds or KINDS}
        if not kinds:
            uses[EVERY] = executor.submit(typed, base, place / "every", tools)
        for kind, use in uses.items():
            try:
                print(f"{kind:14}{use.result():6.1f} s", flush=True)
            except (UseError, OSError, subprocess.SubprocessError) as error:
                failed += 1
                print(f"{kind:14}FAILED\n{error}", flush=True)
    print(f"{len(uses) - failed} of {len(uses)} are right, {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Every document that a command prints with ``--json``, and every one in the folder of a run or sweep."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from contract.shapes import lines

from gpreg.cli.main import main
from gpreg.registry.kinds import KINDS
from gpreg.registry.registry import discover_registry, load_registry
from gpreg.sweeps.cell import Cell, Skipped
from gpreg.sweeps.definition import Definition
from gpreg.sweeps.folder import SweepFolder
from gpreg_verify.commands import verify
from gpreg_verify.verification import Defect, Identified, Verification

WORDS = (
    *(f"list-{kind.plural}" for kind in KINDS.values() if kind.listed),
    "plugins",
    *(f"show {kind.name} NAME" for kind in KINDS.values()),
    "rho",
    "rho 10 lambda",
    "cite plane --theory",
    "evaluate RUN --metric modes -n 20",
    "check RUN",
    "stability dirac --measure mid",
    "stability RUN",
    "verify trackio",
    "verify losses.py:penalty",
    "new-plugin wedge --dry-run",
)
"""Commands; RUN is the folder of a run, and NAME whatever is listed, one after another."""

SETTINGS = {
    "training.batch_size": 16,
    "report.tick": 1,
    "report.gap_samples": 20,
    "report.check_samples": 16,
    "report.score_samples": 20,
    "architecture.width": 8,
    "architecture.hidden_layers": 1,
}

FOUND = Verification(
    function="penalty",
    identified=Identified(measure="pd", form="squared", rho=10.0, conventions=("gamma = 10",), options={}),
    defects=(Defect(name="detached", evidence="it has no gradient", remedy="create_graph=True"),),
    text="",
)
"""What the child process would answer, in which a function is examined."""


def train(folder: Path) -> Path:
    """A run of two steps, with everything that runs may leave."""
    words = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
    run = folder / "RUN"
    _call("train", "plane", "--steps", "2", *words, "--out", str(run))
    return run


def printed(run: Path) -> str:
    """What commands print, one section each."""
    (run.parent / "losses.py").write_text("def penalty(critic, real, fake):\n    return 0\n")
    examined = patch.object(verify, "_examined", lambda *_, **__: FOUND.to_dict())
    with examined, chdir(run.parent), _faulty(run.parent), redirect_stderr(StringIO()):
        return "\n".join(_section(f"gpreg {words} --json", map(_printed, _meant(words))) for words in WORDS)


def _meant(words: str) -> Iterator[str]:
    """The commands that a pattern stands for."""
    _, *kind = words.removesuffix(" NAME").split()
    names = [spec.name for spec in load_registry().list(kind[0])] if words.endswith(" NAME") else [""]
    return (words.replace("NAME", name) for name in names)


def _printed(words: str) -> object:
    return json.loads(_call(*words.split(), "--json"))


@contextmanager
def _faulty(folder: Path) -> Iterator[None]:
    """Two more plugins, of which one prints and exits, and one is for another gpreg."""
    for name, source, bounds in (("exits", "print('loaded')\nraise SystemExit", ">=0"), ("later", "", ">=1000")):
        (folder / f"{name}.py").write_text(source)
        (folder / f"{name}-1.dist-info").mkdir(exist_ok=True)
        (folder / f"{name}-1.dist-info/METADATA").write_text(f"Requires-Dist: gpreg{bounds}\n")
        (folder / f"{name}-1.dist-info/entry_points.txt").write_text(f"[gpreg]\n{name} = {name}\n")
    discover_registry.cache_clear()
    with patch.object(sys, "path", [*sys.path, str(folder)]):
        yield
    discover_registry.cache_clear()


def kept(run: Path) -> str:
    """The files of a run's folder, and what is in those of JSON."""
    return _kept(
        "run", {name.replace("000000002", "STEP"): path for name, path in _files(run) if "000000000" not in name}
    )


def swept(run: Path) -> str:
    """The files of a sweep's folder without those of its runs, and what is in those of JSON."""
    folder = SweepFolder(run.parent / "SWEEP")
    folder.define(Definition.read('recipe = "plane"\n[axes]\nseed = "0:2"\n', origin="sweep.toml"))
    cell = Cell(name="CELL", row="mid", column="8gaussians", choices={"measure": "mid"}, rho=1.0, seed=0, steps=2)
    folder.list_cells([cell, replace(cell, rho="auto", steps=None)], [Skipped(choices={}, reason="impossible")])
    folder.conclude(cell.name, "failed", step=1, seconds=1.0, reason="the disk is full")
    return _kept("sweep", dict(_files(folder.path)))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    return ((str(path.relative_to(folder)), path) for path in sorted(folder.rglob("*")) if path.is_file())


def _kept(what: str, files: dict[str, Path]) -> str:
    return "\n".join([f"files of a {what}'s folder", *(f"    {name}" for name in files), "", *_documents(files)])


def _documents(files: dict[str, Path]) -> Iterator[str]:
    for name, path in files.items():
        if path.suffix == ".json":
            yield _section(name, [json.loads(path.read_text("utf-8"))])
        elif path.suffix == ".jsonl":
            yield _section(f"{name}, each line", map(json.loads, path.read_text("utf-8").splitlines()))


def _section(title: str, documents: Iterable[object]) -> str:
    return "".join([f"{title}\n", *(f"    {line}\n" for line in lines(documents))])


def _call(*words: str) -> str:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main(words)
    assert code in (0, 1), f"gpreg {' '.join(words)}\n{err.getvalue()}"  # 1: `verify` has found a defect
    return out.getvalue()

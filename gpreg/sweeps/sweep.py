"""A sweep: many runs that are carried out, stopped, continued and compared as one."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gpreg.experiments.arguments import optional_path
from gpreg.experiments.arguments import path as place
from gpreg.experiments.things import Files, with_files
from gpreg.registry.registry import Registry, load_registry
from gpreg.runs.plan import Supply
from gpreg.sweeps.asked import ask
from gpreg.sweeps.cell import Cell, Result, Skipped
from gpreg.sweeps.definition import Definition
from gpreg.sweeps.expansion import Layout
from gpreg.sweeps.policies import Tuned

if TYPE_CHECKING:
    from gpreg.sweeps.folder import SweepFolder


@dataclass(frozen=True, kw_only=True, repr=False)
class Sweep:
    """A sweep's folder. Its attributes read the folder anew each time, so that one in progress can be looked at.

    Attributes:
        path: of the folder.
        supply: plugins and data of this machine.

    >>> from gpreg.sweeps.asked import ask
    >>> registry = gpreg.load_registry()
    >>> _ = ask("plane", registry=registry, out="sweeps/mine", measure=["mid", "pd"], seeds="0:2").commands()
    >>> [(cell.row, cell.seed) for cell in gpreg.open_sweep("sweeps/mine").cells]
    [('mid', 0), ('mid', 1), ('pd', 0), ('pd', 1)]
    """

    path: Path
    supply: Supply

    @property
    def definition(self) -> Definition:
        """What it compares."""
        return self._folder.definition

    @property
    def cells(self) -> Sequence[Cell]:
        """The cells that are known so far."""
        return self._folder.cells()

    @property
    def skipped(self) -> Sequence[Skipped]:
        """The combinations that are impossible."""
        return self._folder.skipped

    @property
    def results(self) -> Sequence[Result]:
        """What became of each cell."""
        return self._folder.results()

    @property
    def score(self) -> str:
        """What rows are compared by, as ``metric/value``."""
        return self._layout.score

    @property
    def tuned(self) -> Sequence[Tuned]:
        """How each row's coefficient was chosen by scores; empty unless the policy is ``tuned``."""
        return self._layout.tuned(self.results)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The results as flat rows, as ``pandas.DataFrame`` takes them; a score that is missing is ``None``."""
        results = self.results
        scores = list(dict.fromkeys(score for result in results for score in result.scores))
        return [
            {
                **{key: getattr(result.cell, key) for key in ("name", "row", "column", "rho", "seed", "phase")},
                **{key: getattr(result, key) for key in ("state", "reason", "step", "seconds")},
                **{score: result.scores.get(score) for score in scores},
            }
            for result in results
        ]

    def run(self, *names: str) -> None:
        """Train cells in this process, or go on with them, as ``gpreg sweep FOLDER --cell NAME`` does.

        Raises:
            InterruptedRun: Ctrl-C was pressed; the state is saved.
            UsageError: there is no such cell, or another process writes to its run.
        """
        from gpreg.sweeps.child import run_cells

        run_cells(self.path, names, self.supply)

    @property
    def _folder(self) -> "SweepFolder":
        from gpreg.sweeps.folder import SweepFolder

        return SweepFolder.open(self.path)

    @property
    def _layout(self) -> Layout:
        return Layout(self.definition, self.supply)

    def __repr__(self) -> str:
        states = [result.state for result in self.results]
        told = ", ".join(f"{states.count(state)} {state}" for state in ("done", "diverged", "failed", "pending"))
        return f"Sweep({str(self.path)!r}, {told})"


def open_sweep(
    path: str | os.PathLike[str],
    *,
    data_root: str | os.PathLike[str] | None = None,
    download: bool = False,
    registry: Registry | None = None,
    plugins: Files = (),
) -> Sweep:
    """Open a sweep by its folder.

    >>> from gpreg.sweeps.asked import ask
    >>> registry = gpreg.load_registry()
    >>> _ = ask("plane", registry=registry, out="sweeps/mine", measure=["mid", "pd"], seeds="0:2").commands()
    >>> gpreg.open_sweep("sweeps/mine")
    Sweep('sweeps/mine', 0 done, 0 diverged, 0 failed, 4 pending)

    Args:
        path: the sweep's folder.
        data_root, download, registry, plugins: as for :func:`gpreg.experiment`.

    Raises:
        UsageError: there is no sweep.
    """
    from gpreg.sweeps.folder import SweepFolder

    folder = SweepFolder.open(place(path, "the path"))
    root = optional_path(data_root, "data_root")
    known = with_files(registry or load_registry(), plugins)
    return Sweep(path=folder.path, supply=Supply(registry=known, data_root=root, download=download))


def sweep(
    what: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    seeds: Any = None,
    rho: Any = None,
    grid: Any = None,
    tuning_seeds: Any = None,
    halving: bool = False,
    score: str = "",
    scale: str | None = None,
    executor: str = "local",
    executor_options: Mapping[str, Any] | None = None,
    vectorize: bool = True,
    strict: bool = False,
    changed: bool = False,
    data_root: str | os.PathLike[str] | None = None,
    download: bool = False,
    registry: Registry | None = None,
    plugins: Files = (),
    progress: bool | Literal["auto"] = "auto",
    **choices: Any,
) -> Sweep:
    """Train every combination of choices, or go on with a sweep that was stopped, and return it.

    Each cell is trained by a child process, and has a run folder as ``gpreg train`` leaves it.

    >>> import gpreg
    >>> gpreg.sweep("plane", measure=["mid"], seeds=[0], steps=2, score="modes/modes", progress=False, out="sweeps/one")
    Sweep('sweeps/one', 1 done, 0 diverged, 0 failed, 0 pending)

    Args:
        what: a recipe, a sweep's name or TOML file, or the folder of a sweep, with which it goes on.
        out: the sweep's folder; ``None``: a new one in ``sweeps/``.
        seeds: of the runs that are reported: ``"0:5"`` or a list.
        rho: coefficients; or a policy: ``"recipe"``, ``"auto"``, ``"equal"``, ``"tuned"``.
        grid, tuning_seeds, halving: how ``"tuned"`` chooses, see :mod:`gpreg.sweeps.policies`.
        score: what rows are compared by, as ``metric/value``.
        scale: one of the scales of a named sweep, such as ``"small"``.
        executor: a name of ``gpreg list-executors``.
        executor_options: its options.
        vectorize: whether cells with small networks are trained jointly, as one batched computation.
        strict: whether combinations that are impossible are refused; else they are skipped, with the reason.
        changed: whether the sweep that is in the folder may be another one.
        data_root, download, registry, plugins: as for :func:`gpreg.experiment`.
        progress: whether to show how far it is.
        choices: as of :func:`gpreg.experiment`; a list is an axis.

    Raises:
        UsageError: a choice is impossible, or the folder is not free; or with ``strict`` a combination is.
        InterruptedRun: Ctrl-C was pressed; the same call with ``what`` the folder goes on.
    """
    asked = ask(
        what,
        out=out,
        seeds=seeds,
        rho=rho,
        grid=grid,
        tuning_seeds=tuning_seeds,
        halving=halving,
        score=score,
        scale=scale,
        executor=executor,
        executor_options=executor_options,
        vectorize=vectorize,
        strict=strict,
        changed=changed,
        data_root=data_root,
        download=download,
        registry=with_files(registry or load_registry(), plugins),
        files=[plugins] if isinstance(plugins, str | os.PathLike) else plugins,
        **choices,
    )
    return asked.carry_out(progress=progress)

"""A sweep that is asked for: known down to its cells, before anything is run."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpreg.errors import UsageError
from gpreg.experiments.arguments import optional_path
from gpreg.experiments.bibliography import Citations
from gpreg.experiments.citations import citations_of
from gpreg.recipe import read
from gpreg.registry.registry import Registry
from gpreg.runs.plan import Supply
from gpreg.sweeps.asking import definition_of
from gpreg.sweeps.carrying import Wish, carry_out, check, laid_out, worded
from gpreg.sweeps.cell import Skipped
from gpreg.sweeps.definition import FILE, Definition
from gpreg.sweeps.estimate import estimate
from gpreg.sweeps.expansion import Expansion, Layout
from gpreg.sweeps.folder import SweepFolder
from gpreg.sweeps.policies import table_of

if TYPE_CHECKING:
    from gpreg.experiments.progress import Show
    from gpreg.sweeps.sweep import Sweep


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A sweep that is asked for.

    Attributes:
        definition: what it compares.
        supply: plugins and data.
        wish: how it is carried out.
        path: of its folder; ``None``: a new one.
        title: with which the name of a new folder ends.
    """

    definition: Definition
    supply: Supply
    wish: Wish
    path: Path | None
    title: str

    def expansion(self) -> Expansion:
        """The cells, as far as they are known."""
        layout, folder = self._layout, self._folder
        return layout.expand(folder.results() if folder is not None and folder.listed else ())

    @property
    def citations(self) -> Citations:
        """The publications behind everything that its cells name."""
        registry = self.supply.registry
        recipes = [read(cell.recipe, origin=cell.name, registry=registry) for cell in self.expansion().cells]
        return citations_of(recipes, registry, published=self.definition.published)

    @property
    def skipped(self) -> Sequence[Skipped]:
        """The combinations that are impossible."""
        return self._layout.skipped

    def estimate(self) -> str:
        """How long it will take, in words; a few steps are measured."""
        expansion, folder = self.expansion(), self._folder
        cells = list(expansion.cells) if folder is None else folder.pending(expansion.cells)
        ahead = sum(each.runs for each in expansion.waiting)
        return estimate(cells, folder, self.supply, ahead=ahead)

    def commands(self) -> list[str]:
        """One line of a shell for each cell that has not ended; the folder is written, so that they find it.

        Raises:
            UsageError: cells depend on the results of others; or the folder has another sweep.
        """
        layout = self._layout
        if self.path is None:
            raise UsageError("--commands needs the folder that they are about", remedy="name it with --out")
        check(self.path, self.definition, layout, changed=self.wish.changed)
        expansion = self.expansion()
        folder = SweepFolder(self.path)
        folder.define(self.definition)
        folder.list_cells(expansion.cells, layout.skipped)
        wording = worded(self.path, self.supply, self.wish.files)
        return [shlex.join(["gpreg", *wording.words([cell.name])]) for cell in folder.pending(expansion.cells)]

    def carry_out(self, progress: "Show" = "auto") -> "Sweep":
        """Train its cells, or go on with them; see :func:`gpreg.sweep`."""
        from gpreg.sweeps.sweep import Sweep

        with ExitStack() as stack:
            done = carry_out(
                self.definition,
                self._layout,
                self.path,
                self.supply,
                self.wish,
                title=self.title,
                progress=progress,
                stack=stack,
            )
        return Sweep(path=done, supply=self.supply)

    @cached_property
    def _layout(self) -> Layout:
        return laid_out(self.definition, self.supply, strict=self.wish.strict)

    @property
    def _folder(self) -> SweepFolder | None:
        there = self.path is not None and (self.path / FILE).is_file()
        return SweepFolder(self.path) if there and self.path is not None else None


def ask(
    what: str | os.PathLike[str] | None,
    *,
    registry: Registry,
    files: Iterable[str | os.PathLike[str]] = (),
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
    **choices: Any,
) -> Asked:
    """The sweep that keywords ask for; they are those of :func:`gpreg.sweep`.

    Args:
        registry: plugins, with those of ``files``.
        files: plugin files, which its processes are given too.

    Raises:
        UsageError: a choice is impossible.
    """
    root = optional_path(data_root, "data_root")
    wish = Wish(
        executor=executor,
        options=dict(executor_options or {}),
        vectorize=vectorize,
        strict=strict,
        changed=changed,
        files=tuple(Path(file).absolute() for file in files),
    )
    own = Path(what) if what is not None and (Path(what) / FILE).is_file() else None
    if own is not None and out is not None:
        raise UsageError(f"{own} is the folder of the sweep, and --out names another", remedy="leave one of them out")
    policy = _policy(rho, grid, tuning_seeds, halving)
    name = None if what is None else str(what)
    definition = definition_of(name, registry, choices, seeds=seeds, rho=policy, score=score, scale=scale)
    return Asked(
        definition=definition,
        supply=Supply(registry=registry, data_root=root, download=download),
        wish=wish,
        path=own or optional_path(out, "out"),
        title=_title(what),
    )


def _title(what: Any) -> str:
    return "sweep" if what is None else Path(what).stem


def _policy(rho: Any, grid: Any, tuning_seeds: Any, halving: bool) -> dict[str, Any] | None:
    """The table ``[rho]`` that keywords mean."""
    if isinstance(rho, Mapping):
        return dict(rho)
    if rho is None or isinstance(rho, str):
        words = None if grid is None else grid if isinstance(grid, str) else ",".join(map(str, grid))
        seeds = tuning_seeds
        if seeds is not None and not isinstance(seeds, str):
            seeds = ",".join(map(str, seeds))
        return table_of(rho, grid=words, tuning_seeds=seeds, halving=halving)
    values = list(rho) if isinstance(rho, Sequence) else [rho]
    if not values:
        raise UsageError("rho of a sweep is an empty list", remedy="write rho=[0.1, 1, 10], or rho='tuned'")
    return {"policy": "grid", "values": values}

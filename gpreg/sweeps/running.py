"""Carry a sweep out: jobs are handed to an executor until every cell has ended."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field

from gpreg.errors import ExitCode, GpregError, InterruptedRun
from gpreg.runs.plan import Supply
from gpreg.sweeps.cell import Cell
from gpreg.sweeps.expansion import Expansion, Layout
from gpreg.sweeps.folder import SweepFolder
from gpreg.sweeps.job import Ended, interrupt
from gpreg.sweeps.jobs import Wording, grouped

ATTEMPTS = 3
"""Deaths of a cell's process, one after another and without a step between, after which the cell has failed."""

_log = logging.getLogger(__name__)

Watch = Callable[[int, int], None]
"""Called with the number of cells that have ended, and of those that are known."""


@dataclass(kw_only=True)
class Running:
    """A sweep that is carried out.

    Attributes:
        folder: the sweep's folder, which this process has locked.
        layout: its rows and policy.
        supply: plugins and data.
        executor: takes the jobs.
        wording: how processes are started.
        vectorize: whether cells are trained jointly where they can be.
        watch: hears how far it is.
    """

    folder: SweepFolder
    layout: Layout
    supply: Supply
    executor: Executor
    wording: Wording
    vectorize: bool = True
    watch: Watch | None = None
    _deaths: Counter[str] = field(default_factory=Counter)
    _reached: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        """Run until every cell has ended.

        Raises:
            InterruptedRun: Ctrl-C was pressed; what was begun is saved.
            GpregError: the executor has given up.
        """
        results = self.folder.results() if self.folder.listed else []
        while True:
            expansion = self.layout.expand(results)
            self.folder.list_cells(expansion.cells, self.layout.skipped)
            pending = self.folder.pending(expansion.cells)
            self._tell(expansion, len(pending))
            if not pending:
                break
            self._stage(pending, expansion)
            results = self.folder.results(expansion.cells)

    def _stage(self, cells: Sequence[Cell], expansion: Expansion) -> None:
        """Run all cells that are known."""
        by_name = {cell.name: cell for cell in cells}
        left = len(by_name)
        ahead: dict[Future[Ended], tuple[str, ...]] = {}
        try:
            for names in grouped(cells, self.supply, vectorize=self.vectorize):
                ahead[self.executor.submit(self.wording.job(names))] = names
            while ahead:
                finished, _ = wait(ahead, return_when=FIRST_COMPLETED)
                for future in finished:
                    names = ahead.pop(future)
                    reason = _why_died(future)
                    again = self._again([by_name[name] for name in names], reason)
                    left -= len(names) - len(again)
                    for name in again:
                        ahead[self.executor.submit(self.wording.job([name]))] = (name,)
                self._tell(expansion, left)
        except BaseException as error:
            for future in ahead:
                future.cancel()
            interrupt()
            wait([future for future in ahead if not future.cancelled()])
            if isinstance(error, KeyboardInterrupt):
                raise InterruptedRun(
                    "the sweep was stopped; the state of what was begun is saved",
                    remedy=f"`gpreg sweep {self.folder.path}` goes on with it",
                ) from None
            raise

    def _again(self, cells: Sequence[Cell], reason: str) -> list[str]:
        """Those of a job's cells that have to be tried again, because its process did not live to end them."""
        again = []
        for cell in self.folder.pending(cells):
            step = self.folder.result(cell).step
            self._deaths[cell.name] = self._deaths[cell.name] + 1 if step == self._reached.get(cell.name, 0) else 1
            self._reached[cell.name] = step
            if self._deaths[cell.name] < ATTEMPTS:
                again.append(cell.name)
                continue
            why = f"its process {reason}, {ATTEMPTS} times without a step between; {cell.name}.log has its last words"
            self.folder.conclude(cell.name, "failed", step=step, seconds=0.0, reason=why)
        return again

    def _tell(self, expansion: Expansion, pending: int) -> None:
        if self.watch is not None:
            self.watch(len(expansion.cells) - pending, expansion.known)


def _why_died(future: "Future[Ended]") -> str:
    """How a job's process ended.

    Raises:
        GpregError: the executor does not run jobs any more.
    """
    try:
        ended = future.result()
    except CancelledError as error:
        raise GpregError(
            "the executor has cancelled a run", remedy="the same command goes on with the sweep"
        ) from error
    except GpregError as error:
        return f"was lost: {error.message}"
    if ended.signal:
        return f"was ended by {ended.signal}"
    return "was interrupted" if ended.exit_code == ExitCode.INTERRUPTED else f"ended with exit code {ended.exit_code}"

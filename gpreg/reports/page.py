"""The page: everything that a report says, as the templates take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gpreg import __version__
from gpreg.reports.costs import Cost
from gpreg.reports.panels import Gallery
from gpreg.reports.samples import Picture
from gpreg.reports.stability import Damping
from gpreg.reports.standing import PairTable
from gpreg.reports.tables import ScoreTable
from gpreg.sweeps.cell import Result


class Section(NamedTuple):
    """An entry of the table of contents: the id of its heading, and the heading."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything that a report says; a section without content is not in the page.

    Attributes:
        title, what, summary: as of the material.
        answer: the answer, a sentence for each column.
        cautions: what limits the answer.
        refresh: seconds after which a browser loads the page anew; 0: never.
        interval: what intervals are, in words.
        tables: of the score that rows are compared by, one for each way in which it was taken.
        others: of the other scores.
        tells_rho, has_theory: whether the tables have these columns.
        pairs: who is better than whom.
        theory: what was found for the networks of each row.
        common_rho: what to know where rows have one rho in common.
        tuned: how each rho was chosen, and whether it was an end of the grid.
        sights: scores over rho.
        curves: learning curves.
        costs: what a step takes, for each row.
        pictures, pictures_note: of samples, and what they show.
        stability: for each row with a document of the linearised game its rho, the best rho and its modes.
        failures: runs that diverged or failed.
        skipped: impossible combinations, each with its reason.
        command, definition, versions, citations: how to make it again.
        faults: what could not be read.
        version: of gpreg.
    """

    title: str
    what: str
    summary: str
    answer: Sequence[str]
    cautions: Sequence[str]
    refresh: int
    interval: str
    tables: Sequence[ScoreTable]
    others: Sequence[ScoreTable]
    tells_rho: bool
    has_theory: bool
    pairs: Sequence[PairTable]
    theory: Sequence[tuple[str, Sequence[str]]]
    common_rho: str
    tuned: Sequence[tuple[Sequence[str], bool]]
    sights: Sequence[Gallery]
    curves: Sequence[Gallery]
    costs: Sequence[tuple[str, Cost]]
    pictures: Sequence[Picture]
    pictures_note: str
    stability: Sequence[Damping]
    failures: Sequence[Result]
    skipped: Sequence[tuple[str, str]]
    command: str
    definition: str
    versions: Sequence[tuple[str, str]]
    citations: Sequence[Any]
    faults: Sequence[str]
    version: str = __version__

    @property
    def undecided(self) -> int:
        """How many pairs of rows nothing is decided about."""
        return sum(len(table.lines) - len(table.decided) for table in self.pairs)

    @property
    def sections(self) -> Sequence[Section]:
        """The sections that there are."""
        there = {
            Section("scores", "Scores"): True,
            Section("pairs", "Pairs"): self.pairs,
            Section("theory", "Theory"): self.theory,
            Section("rho", "rho"): self.sights or self.tuned,
            Section("curves", "Learning curves"): self.curves,
            Section("costs", "Time and memory a step"): self.costs,
            Section("samples", "Samples"): self.pictures,
            Section("stability", "Damping"): self.stability,
            Section("failures", "Failures"): self.failures,
            Section("skipped", "Skipped"): self.skipped,
            Section("again", "Make it again"): True,
        }
        return [section for section, shown in there.items() if shown]

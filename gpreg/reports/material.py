"""What a report is about: results, and what is known of where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpreg.registry.registry import Registry
from gpreg.sweeps.cell import Result, Skipped
from gpreg.sweeps.policies.choice import Tuned


@dataclass(frozen=True, kw_only=True)
class Published:
    """A number of a paper.

    Attributes:
        row, column: what it stands beside.
        score: what it is a value of, such as ``"wasserstein/w1"``.
        value: the number.
        source: where it stands.
    """

    row: str
    column: str
    score: str
    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """What a report is about.

    Attributes:
        title: of the page.
        what: ``"run"``, ``"runs"`` or ``"sweep"``.
        results: of all runs, those on tuning seeds among them.
        registry: the plugins whose claims are shown.
        command: what makes the runs again.
        summary: one line that their author wrote.
        definition: the sweep's or the run's choices, as TOML.
        score: what rows are compared by, unless the user asks for another; ``None``: the first that there is.
        skipped: combinations that were not run.
        published: numbers of papers.
        tuned: how rho was chosen on tuning seeds.
    """

    title: str
    what: str
    results: Sequence[Result]
    registry: Registry
    command: str
    summary: str = ""
    definition: str = ""
    score: str | None = None
    skipped: Sequence[Skipped] = ()
    published: Sequence[Published] = ()
    tuned: Sequence[Tuned] = ()

    @property
    def final(self) -> Sequence[Result]:
        """Results that are reported: none on tuning seeds."""
        return [result for result in self.results if result.cell.phase == "final"]

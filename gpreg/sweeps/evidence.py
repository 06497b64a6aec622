"""What the folder of a run says: its curves, scores, checks and environment, as far as they can be read."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpreg.errors import GpregError
from gpreg.runs.data import DATA
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.runs.lines import Lines

Table = Mapping[str, Any]

STABILITY = "stability.json"
"""What ``gpreg stability RUN --json`` prints, if somebody kept it in the run's folder under this name."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the folder of a run says.

    Attributes:
        path: of the folder, which need not exist yet.
        recipe: as a table; empty if there is none.
        text: the recipe as TOML.
        stats: lines of ``stats.jsonl``.
        scores: lines of ``metrics.jsonl``.
        environment: versions, device, command line.
        data: what ``data.json`` tells of the data.
        advice: the documents of the advisors, such as ``checks.json``, by their names.
        stability: the answer of ``gpreg stability``, if it was kept.
        faults: what could not be read, and why.
    """

    path: Path
    recipe: Table = field(default_factory=dict)
    text: str = ""
    stats: Sequence[Table] = ()
    scores: Sequence[Table] = ()
    environment: Table = field(default_factory=dict)
    data: Table = field(default_factory=dict)
    advice: Mapping[str, Table] = field(default_factory=dict)
    stability: Table = field(default_factory=dict)
    faults: Sequence[str] = ()

    def chosen(self, table: str, key: str = "name") -> str:
        """A word of the recipe, such as the name of its measure; empty if it has none."""
        inner = self.recipe.get(table)
        return str(inner.get(key, "")) if isinstance(inner, Mapping) else ""

    @property
    def pictures(self) -> Sequence[Path]:
        """Pictures of the samples, oldest first."""
        return sorted(RunFolder(self.path).samples.glob("step-*.png"))


def read(path: Path, *, text: str = "", documents: Iterable[str] = ()) -> Evidence:
    """Read a run's folder; whatever is damaged or missing is left out and told.

    Args:
        path: of the folder.
        text: the recipe, if it is known already.
        documents: the names of the advisors' documents.
    """
    folder, faults = RunFolder(path), list[str]()
    if not text and (path / "recipe.toml").is_file():
        try:
            text = folder.recipe
        except GpregError as error:
            faults.append(error.message)
    try:
        recipe = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        recipe = {}
        faults.append(f"{path / 'recipe.toml'} is no TOML: {error}")
    return Evidence(
        path=path,
        recipe=recipe,
        text=text,
        stats=_lines(folder.stats, faults),
        scores=_lines(folder.metrics, faults),
        environment=_document(folder, ENVIRONMENT, faults),
        data=_document(folder, DATA, faults),
        advice={name: found for name in documents if (found := _document(folder, name, faults))},
        stability=_document(folder, STABILITY, faults),
        faults=tuple(faults),
    )


def _lines(lines: Lines, faults: list[str]) -> Sequence[Table]:
    try:
        return lines.read()
    except GpregError as error:
        faults.append(error.message)
        return ()


def _document(folder: RunFolder, name: str, faults: list[str]) -> Table:
    try:
        return folder.read_document(name)
    except GpregError as error:
        faults.append(error.message)
        return {}

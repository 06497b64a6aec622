"""Write ``CITATION.cff``, how to cite gpreg and the papers that it began with: ``python docs/write_citation.py``.

The format is that of https://citation-file-format.github.io, version 1.2.0. The papers are as plugins cite them. With
``--check`` nothing is written, and the exit code says whether anything would be.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import gpreg
from gpreg.registry.citation import Citation

ROOT = Path(__file__).parents[1]
FILE = ROOT / "CITATION.cff"

PAPERS = ("kim2018local", "thanhtung2019improving")
"""Keys of the papers that gpreg began with."""


def lines() -> Iterator[str]:
    """The file's lines: YAML, whose texts are quoted as in JSON."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    yield "cff-version: 1.2.0"
    yield 'message: "Please cite the version that you used, and its papers: `gpreg cite RUN` prints them."'
    yield "type: software"
    yield f"title: {project['name']}"
    yield f"abstract: {_quoted(project['description'])}"
    yield f"version: {_quoted(gpreg.__version__)}"
    yield f"license: {project['license']}"
    yield "authors:"
    yield from (f"  - name: {_quoted(author['name'])}" for author in project["authors"])
    yield "keywords:"
    yield from (f"  - {_quoted(word)}" for word in project["keywords"])
    yield "references:"
    cited = {
        cite.key: cite
        for kind in ("measure", "form")
        for spec in gpreg.load_registry().list(kind)
        for cite in spec.cites
    }
    for key in PAPERS:
        yield from _reference(cited[key])


def _reference(cite: Citation) -> Iterator[str]:
    preprint = cite.venue.startswith("arXiv")
    yield f"  - type: {'article' if preprint else 'conference-paper'}"
    yield f"    title: {_quoted(cite.title)}"
    yield "    authors:"
    for author in cite.authors.split(" and "):
        family, _, given = author.partition(", ")
        yield f"      - family-names: {_quoted(family)}"
        yield f"        given-names: {_quoted(given)}"
    yield f"    year: {cite.year}"
    if preprint:
        yield f"    journal: {_quoted(cite.venue)}"
    else:
        yield "    conference:"
        yield f"      name: {_quoted(cite.venue)}"
    yield f"    url: {_quoted(f'https://arxiv.org/abs/{cite.arxiv}')}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    text = "\n".join(lines()) + "\n"
    if "--check" in sys.argv:
        if not FILE.is_file() or FILE.read_text("utf-8") != text:
            sys.exit("CITATION.cff is not as `python docs/write_citation.py` writes it")
    else:
        FILE.write_text(text, "utf-8")

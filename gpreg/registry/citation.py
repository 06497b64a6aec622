"""Citations of publications, by plugins."""

import re
from dataclasses import dataclass
from typing import Literal

from gpreg.registry.fields import settle

Entry = Literal["", "article", "book", "inproceedings", "misc", "techreport"]

_PLACES = {"article": "journal", "book": "publisher", "inproceedings": "booktitle", "techreport": "institution"}
"""The field of an entry that has the venue."""

_SPECIAL = re.compile(r"\\.|\$[^$]+\$|\\$|[&%#_$^]", re.DOTALL)
"""What LaTeX would not print as it stands; commands such as ``\\'e``, and mathematics, are found first and left."""


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A citation of one publication.

    Text is Unicode, with accents as they are; LaTeX commands, braces and ``$mathematics$`` may be in it, as BibTeX has
    them, and other characters that LaTeX would not print, such as ``&``, are escaped in the entry.

    Args:
        key: key of the BibTeX entry; all plugins that cite a publication use the same key.
        authors: as BibTeX writes them, ``"Last, First and Last, First"``; one that is no person in braces.
        title, year: as in BibTeX.
        venue: the journal, proceedings, publisher or institution, or how else it was published.
        arxiv: number of the preprint, ``"1810.02528"``.
        part: the part of the publication that is meant, e.g. an equation, a table, a section.
        entry: type of the BibTeX entry; ``""``: ``misc`` if the venue begins with arXiv, else ``inproceedings``.
        volume, number, pages: of an article; pages as ``"2278-2324"``.
        doi: without ``https://doi.org/``.
        url: where it is found, if neither ``arxiv`` nor ``doi`` says it.

    >>> str(Citation(key="roth", authors="Roth, K. and Lucchi, A.", title="Stabilizing", year=2017, venue="NeurIPS"))
    'Roth and Lucchi (2017), Stabilizing'
    """

    key: str
    authors: str
    title: str
    year: int
    venue: str
    arxiv: str | None = None
    part: str | None = None
    entry: Entry = ""
    volume: str | None = None
    number: str | None = None
    pages: str | None = None
    doi: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        settle(self, self.key)

    def __str__(self) -> str:
        """The citation for a reader: ``Kim, Park and Hwang (2018), Local Stability and ..., Table 1``."""
        *names, last = (author.partition(",")[0].strip("{}") for author in self.authors.split(" and "))
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join([", ".join(names), last] if names else [last])
        where = f", {self.part}" if self.part else ""
        return f"{who} ({self.year}), {self.title}{where}"

    def bibtex(self, *, key: str | None = None) -> str:
        """The publication as a BibTeX entry in UTF-8, without ``part``.

        Args:
            key: another key than the citation's own.
        """
        kind = self.entry or ("misc" if self.venue.startswith("arXiv") else "inproceedings")
        pages = self.pages and re.sub("[-–]+", "--", self.pages)
        said = {
            "author": _escaped(self.authors),
            "title": f"{{{_escaped(self.title)}}}",  # in braces, so that no style makes its capitals small
            "year": str(self.year),
            _PLACES.get(kind, "howpublished"): _escaped(self.venue),
            "volume": _escaped(self.volume or ""),
            "number": _escaped(self.number or ""),
            "pages": _escaped(pages or ""),
            "doi": _verbatim(self.doi or ""),
            "url": _verbatim(self.url or ""),
            "eprint": _verbatim(self.arxiv or ""),
            "archiveprefix": "arXiv" if self.arxiv else "",
        }
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in said.items() if value)
        return f"@{kind}{{{plain_key(key or self.key)},\n{body}\n}}"


def plain_key(key: str) -> str:
    """A key without the characters that BibTeX does not allow in one."""
    return re.sub(r"[^A-Za-z0-9:./+_-]", "", key) or "citation"


def _escaped(text: str) -> str:
    """Text as LaTeX prints it."""

    def escape(found: re.Match[str]) -> str:
        part = found[0]
        if part == "\\":
            return r"\textbackslash{}"
        return r"\^{}" if part == "^" else part if len(part) > 1 else f"\\{part}"

    escaped = _SPECIAL.sub(escape, _balanced(text))
    return f"{escaped} " if escaped.endswith("\\") else escaped  # or it would escape the brace that follows


def _verbatim(text: str) -> str:
    """A DOI, address or number, which is not escaped; characters that would end the entry are written as in URLs."""
    return re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", text)


def _balanced(text: str) -> str:
    """Text without braces if one has no partner, or has none for readers to whom a backslash escapes a brace."""
    for brace in (r"[{}]", r"(?<!\\)[{}]"):
        depth = 0
        for each in re.findall(brace, text):
            depth += 1 if each == "{" else -1
            if depth < 0:
                break
        if depth:
            return re.sub(r"\\?[{}]", "", text)
    return text

"""Citations of publications, by plugins."""

from dataclasses import dataclass

from gpreg.registry.fields import settle


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A citation of one publication.

    Args:
        key: key of the BibTeX entry; all plugins that cite a publication use the same key.
        authors: as BibTeX writes them, ``"Last, First and Last, First"``.
        title, year, venue, arxiv: as in BibTeX.
        part: the part of the publication that is meant, e.g. an equation, a table, a section.

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

    def __post_init__(self) -> None:
        settle(self, self.key)

    def __str__(self) -> str:
        """The citation for a reader: ``Kim, Park and Hwang (2018), Local Stability and ..., Table 1``."""
        *names, last = (author.partition(",")[0] for author in self.authors.split(" and "))
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join([", ".join(names), last] if names else [last])
        where = f", {self.part}" if self.part else ""
        return f"{who} ({self.year}), {self.title}{where}"

    def bibtex(self) -> str:
        """The publication as a BibTeX entry, without ``part``."""
        entry = {"author": self.authors, "title": "{" + self.title + "}", "year": str(self.year)}
        kind = "misc" if self.venue.startswith("arXiv") else "inproceedings"
        entry["howpublished" if kind == "misc" else "booktitle"] = self.venue
        if self.arxiv:
            entry |= {"eprint": self.arxiv, "archiveprefix": "arXiv"}
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items())
        return f"@{kind}{{{self.key},\n{body}\n}}"

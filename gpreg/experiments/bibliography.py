"""A bibliography: publications, each once, with what each is cited for, as BibTeX and as JSON."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from gpreg.disk.atomic import creating
from gpreg.registry.citation import Citation, plain_key
from gpreg.registry.wording import one_line


@dataclass(frozen=True, kw_only=True)
class Use:
    """One thing that follows a publication.

    Attributes:
        citation: the publication; ``None``: the thing names none.
        what: what the thing is: ``"measure"``.
        name: its name: ``"mid"``.
    """

    citation: Citation | None
    what: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Cited:
    """A publication and what it is cited for.

    Attributes:
        key: of the BibTeX entry; no other entry beside it has it.
        citation: the publication.
        uses: what it is cited for, in words: ``("measure mid, pd (Table 1)", "the recipe (section 5)")``.
    """

    key: str
    citation: Citation
    uses: tuple[str, ...]

    @property
    def bibtex(self) -> str:
        """The entry, below a comment that says what it is cited for."""
        return f"% {_remark('; '.join(self.uses))}\n{self.citation.bibtex(key=self.key)}\n"


@dataclass(frozen=True, kw_only=True)
class Citations(Sequence[Cited]):
    """The publications that an experiment, a run or a sweep follows, each once, in the order of their first use.

    >>> import gpreg
    >>> cited = gpreg.experiment("plane", measure="pd").citations
    >>> [entry.key for entry in cited][:2], cited[0].uses
    (['mescheder2018which', 'kim2018local'], ('measure pd (section 4.1)',))
    >>> print(cited.bibtex.splitlines()[0])
    % measure pd (section 4.1)

    Attributes:
        used: everything that is used, with its publications.
        theory: likewise of the checks and advisors, which :attr:`with_theory` adds.
        sources: what recipes say in words of where their numbers come from.
    """

    used: tuple[Use, ...]
    theory: tuple[Use, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def with_theory(self) -> "Citations":
        """The citations, and those of the checks of assumptions and of the advisors that are installed."""
        return replace(self, used=(*self.used, *self.theory), theory=())

    @property
    def entries(self) -> tuple[Cited, ...]:
        """The publications, each with all of its uses."""
        found: dict[str, list[Use]] = {}
        keys: dict[str, str] = {}
        for use in self.used:
            if use.citation is not None:
                same = _identity(use.citation)
                keys.setdefault(same, _free(plain_key(use.citation.key), keys.values()))
                found.setdefault(same, []).append(use)
        return tuple(
            Cited(key=keys[same], citation=replace(_of(uses[0]), part=None), uses=_in_words(uses))
            for same, uses in found.items()
        )

    @property
    def uncited(self) -> tuple[str, ...]:
        """What is used and names no publication: ``("observer bell",)``."""
        return _in_words([use for use in self.used if use.citation is None])

    @property
    def bibtex(self) -> str:
        """The entries as a BibTeX file in UTF-8, each below a comment that says what it is cited for."""
        remarks = [f"% the recipe's source: {_remark(source)}\n" for source in self.sources]
        if self.uncited:
            remarks.append(f"% without a publication: {_remark('; '.join(self.uncited))}\n")
        return "\n".join([*(entry.bibtex for entry in self.entries), *(["".join(remarks)] if remarks else [])])

    def document(self) -> dict[str, Any]:
        """The same as JSON, schema 1."""
        rows = [
            asdict(each.citation)
            | {"key": each.key, "uses": list(each.uses), "bibtex": each.citation.bibtex(key=each.key)}
            for each in self.entries
        ]
        return {"schema": 1, "citations": rows, "uncited": list(self.uncited), "sources": list(self.sources)}

    def save(self, path: str | os.PathLike[str], *, as_json: bool = False) -> None:
        """Write a file in UTF-8, which replaces one that is there; its folder is made.

        Args:
            path: of the file.
            as_json: whether it is JSON, as :meth:`document` has it, instead of BibTeX.

        Raises:
            StorageError: it cannot be written.
        """
        text = json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n" if as_json else self.bibtex
        with creating(Path(path)) as file:
            file.write(text.encode())

    def __getitem__(self, index: Any) -> Any:
        return self.entries[index]

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        return self.bibtex


def _of(use: Use) -> Citation:
    assert use.citation is not None
    return use.citation


def _identity(citation: Citation) -> str:
    """What two citations of one publication have in common, whoever wrote them."""
    words = f"{citation.authors.partition(',')[0]} {citation.title}"
    return "".join(each for each in words.casefold() if each.isalnum())


def _free(key: str, taken: Iterable[str]) -> str:
    """The key, or the key with a letter if another publication has it."""
    lower = {each.casefold() for each in taken}  # BibTeX does not tell capitals apart in keys
    letters = ("", *"bcdefghijklmnopqrstuvwxyz", *(f"-{number}" for number in range(2, len(lower) + 3)))
    return next(f"{key}{letter}" for letter in letters if f"{key}{letter}".casefold() not in lower)


def _in_words(uses: Sequence[Use]) -> tuple[str, ...]:
    """What a publication is used for: names of one kind and one part of the publication together."""

    def place(use: Use) -> tuple[str, str]:
        return use.what, (use.citation.part or "") if use.citation else ""

    order = list(dict.fromkeys(map(place, uses)))
    groups = groupby(sorted(uses, key=lambda use: order.index(place(use))), key=place)
    return tuple(
        " ".join(filter(None, (what, ", ".join(dict.fromkeys(use.name for use in same)), f"({part})" if part else "")))
        for (what, part), same in groups
    )


def _remark(text: str) -> str:
    """Text for a comment: outside its entries, a BibTeX file has nothing special but this sign, which begins one."""
    return one_line(text).replace("@", "(at)")

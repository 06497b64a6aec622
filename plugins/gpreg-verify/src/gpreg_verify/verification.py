"""The outcome of an examination: what the function is, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

DEFECTS = (
    "whole-batch-norm",
    "per-pixel-norm",
    "one-weight-for-batch",
    "sqrt-at-zero",
    "reaches-generator",
    "detached",
    "lazy-without-factor",
    "gradient-by-parameters",
    "unscaled-fp16",
    "global-random-state",
    "broadcast",
)
"""The names of the defects that are looked for."""


@dataclass(frozen=True, kw_only=True)
class Identified:
    """The penalty ``(rho/2) E_mu[form(grad D)]`` that a function computes.

    Attributes:
        measure: the name of mu among the registered measures.
        form: the name of the form.
        rho: the coefficient in the normal form.
        conventions: rho as others write it, one convention a row, e.g. ``"lambda: lambda = 5"``.
        options: options of measure and form that differ from the defaults.

    >>> Identified(measure="pd", form="squared", rho=10.0, conventions=("lambda: lambda = 5",)).rho
    10.0
    """

    measure: str
    form: str
    rho: float
    conventions: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One thing that is wrong.

    Attributes:
        name: one of :data:`DEFECTS`.
        evidence: what was measured, with numbers.
        remedy: the line to write instead.

    >>> Defect(name="detached", evidence="no gradient", remedy="create_graph=True").name
    'detached'
    """

    name: str
    evidence: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was found out about one function.

    Attributes:
        function: what it is called.
        identified: the penalty that it computes or, if it is defective, was meant to; ``None`` if unlike any known one.
        defects: what is wrong with it.
        text: all of it in words, for the user.

    >>> Verification(function="r1", identified=None, defects=(), text="unlike any known penalty").right
    False
    """

    function: str
    identified: Identified | None
    defects: tuple[Defect, ...]
    text: str

    @property
    def right(self) -> bool:
        """Whether the function is a known penalty without a known defect."""
        return self.identified is not None and not self.defects

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON.

        >>> list(Verification(function="r1", identified=None, defects=(), text="").to_dict())
        ['schema', 'function', 'identified', 'defects', 'text']
        """
        known = self.identified
        return {
            "schema": 1,
            "function": self.function,
            "identified": known
            and {
                "measure": known.measure,
                "form": known.form,
                "rho": known.rho,
                "conventions": list(known.conventions),
                "options": known.options,
            },
            "defects": [
                {"name": defect.name, "evidence": defect.evidence, "remedy": defect.remedy} for defect in self.defects
            ],
            "text": self.text,
        }

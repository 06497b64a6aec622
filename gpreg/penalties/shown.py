"""Descriptions of a penalty: as text, and as an HTML table for notebooks."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from gpreg.registry.coefficient import SIGMOID, Reading, conventions_of, in_conventions
from gpreg.registry.kinds import FORM, MEASURE, Kind
from gpreg.registry.registry import load_registry

if TYPE_CHECKING:
    from gpreg.penalties.penalty import Penalty


def facts(penalty: "Penalty") -> Iterator[str]:
    """The coefficient in each convention, and all arguments that differ from their defaults."""
    yield in_conventions(penalty.rho)
    yield f"form={type(penalty.form).__name__}"
    yield f"estimator={penalty.estimator}"
    if penalty.every > 1:
        yield f"every={penalty.every}"
    if penalty.of != "logit":
        yield f"of={penalty.of}"
    yield from penalty.adaptation.facts()


def text(penalty: "Penalty") -> str:
    """What ``print(penalty)`` shows: the penalty, and a line for each number that others write for its coefficient."""
    lines = [f"  {number} in {who}" for number, who in _written(readings(penalty)).items()]
    return "\n".join([repr(penalty), *lines])


def html(penalty: "Penalty") -> str:
    """A table for a notebook: measure, form, estimator, and the coefficient as everybody with this penalty writes it.

    Those whose measure or form is another one are left out: their number would be that of another penalty.
    """
    rows = {
        "measure": escape(penalty.origin),
        "form": escape(penalty.form_origin),
        "estimator": escape(str(penalty.estimator)),
        **{text: escape(f"as in {who}") for text, who in _written(readings(penalty)).items()},
    }
    if penalty.every > 1:
        rows["every"] = f"{penalty.every} critic steps, with {penalty.every} times the weight"
    if penalty.of != "logit":
        rows["of"] = escape(f"the critic's {penalty.of}; {SIGMOID}")
    rows |= {key: escape(value) for key, _, value in (fact.partition("=") for fact in penalty.adaptation.facts())}
    return table(f"{type(penalty).__name__} (rho/2) E_mu[form(grad D)]", rows)


def readings(penalty: "Penalty") -> tuple[Reading, ...]:
    """The penalty's coefficient in the general conventions, and in those that are about its measure and its form."""
    options = getattr(penalty.form, "options", None)  # a form with others than its default ones is another form
    forms = _names(FORM, penalty.form) if options is None or options == type(options)() else []
    measures = _names(MEASURE, penalty.measure)
    found = conventions_of(penalty.rho, measure=measures, form=next(iter(forms), ""), of=penalty.of)
    return tuple(each for each in found if each.convention.general or each.convention.measure)


def _names(kind: Kind[Any, Any], thing: object) -> list[str]:
    """The names under which plugins supply the class of a measure or form."""
    place = f"{type(thing).__module__}:{type(thing).__qualname__}"
    return [spec.name for spec in load_registry().list(kind) if spec.factory in (place, type(thing))]


def _written(found: tuple[Reading, ...]) -> dict[str, str]:
    """Who writes what: ``{"gamma = 10": "(gamma/2) E_d |grad D|^2: R1, StyleGAN3"}``, those who agree together."""
    terms: dict[str, str] = {}
    for each in found:
        terms.setdefault(each.text, each.convention.term)
    return {
        text: f"{term}: {', '.join(each.convention.name for each in found if each.text == text)}"
        for text, term in terms.items()
    }


def table(title: str, rows: dict[str, str]) -> str:
    """An HTML table of two columns; the cells of the second are given as HTML."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape(key)}</th><td>{cell}</td></tr>" for key, cell in rows.items()
    )
    return f"<table><caption style='text-align:left'>{escape(title)}</caption>{cells}</table>"

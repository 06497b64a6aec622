"""Descriptions of a penalty: as text, and as an HTML table for notebooks."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from gpreg.registry.coefficient import CONVENTIONS, in_conventions

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


def html(penalty: "Penalty") -> str:
    """A table for a notebook: measure, form, estimator, and the coefficient as each paper writes it."""
    rows = {
        "measure": escape(penalty.origin),
        "form": escape(penalty.form_origin),
        "estimator": escape(str(penalty.estimator)),
        **{
            f"{convention.name} = {penalty.rho / convention.factor:g}": escape(
                f"as in {convention.term}: {', '.join(convention.used_by)}"
            )
            for convention in CONVENTIONS
        },
    }
    if penalty.every > 1:
        rows["every"] = f"{penalty.every} critic steps, with {penalty.every} times the weight"
    if penalty.of != "logit":
        rows["of"] = f"the critic's {escape(penalty.of)}"
    return table(f"{type(penalty).__name__} (rho/2) E_mu[form(grad D)]", rows)


def table(title: str, rows: dict[str, str]) -> str:
    """An HTML table of two columns; the cells of the second are given as HTML."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape(key)}</th><td>{cell}</td></tr>" for key, cell in rows.items()
    )
    return f"<table><caption style='text-align:left'>{escape(title)}</caption>{cells}</table>"

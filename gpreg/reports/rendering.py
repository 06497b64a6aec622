"""Write a page as HTML and as Markdown, by the templates beside this file."""

import math
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from gpreg.reports.page import Page

if TYPE_CHECKING:
    from jinja2 import Environment

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def html(page: Page) -> str:
    """The page as one HTML file that needs no other."""
    style, script = (_file(name) for name in ("style.css", "script.js"))
    return _templates().get_template("page.html.jinja").render(page=page, style=style, script=script)


def markdown(page: Page) -> str:
    """The page as Markdown, without its figures."""
    text = _templates().get_template("page.md.jinja").render(page=page)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_file), autoescape=lambda name: name == "page.html.jinja", undefined=StrictUndefined
    )
    environment.filters |= {"number": number, "md": literal, "fenced": fenced}
    return environment


@cache
def _file(name: str) -> str:
    return (files("gpreg.reports") / "page" / name).read_text(encoding="utf-8")


def number(value: float | None) -> str:
    """A number with four digits that count; ``failed`` for the infinity that stands for a failed run."""
    if value is None or math.isnan(value):
        return "\N{EN DASH}"
    if math.isinf(value):
        return "failed"
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}") if value < 0 else f"{value:.4g}"


def literal(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str) -> str:
    """Text that cannot end the block of code that it stands in."""
    return text.replace("```", "` ` `")

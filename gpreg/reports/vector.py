"""A figure as SVG that stands in a page: real text, the page's own colours, a title and a description."""

import re
from html import escape
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING

from gpreg.pictures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    style.INK: "var(--ink)",
    style.MUTED: "var(--muted)",
    style.FRAME: "var(--line)",
    style.REAL: "var(--accent)",
    style.POINT: "var(--bad)",
    "#dcead9": "var(--good)",
    "#9a9893": "var(--faint)",
}
"""What figures are drawn in, and the page's colours that replace it, so that a figure is dark where the page is."""

GOOD, FAINT = "#dcead9", "#9a9893"
"""Colours of a range that is good, and of what is drawn for comparison."""

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "gpreg", "path.simplify": True}
_saving = Lock()

_SVG = re.compile(r"<svg\b[^>]*>")
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"\s*<style\b.*?</style>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_NAMED = re.compile(r'(\bid="|url\(#|href="#)')
_UNUSED = re.compile(r'^<g id="[^"]*">$')
_COLOUR = re.compile("|".join(COLOURS))
_FONT = re.compile(r"font: (?:\w+ )*?([\d.]+)px [^;\"]*(?:; )*|font-family: [^;\"]*(?:; )*")
_LONG = re.compile(r"\d+\.\d{3,}")


def svg(figure: "Figure", *, name: str, title: str, description: str) -> str:
    """The figure as an ``<svg>`` element; equal figures give equal text.

    Args:
        figure: the figure.
        name: begins every id in it, so that ids differ between the figures of one page.
        title, description: what a screen reader says; plain text.
    """
    import matplotlib

    text = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with _saving, matplotlib.rc_context(_SETTINGS):  # the writer of SVG takes these from nowhere else
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    return _embedded(text.getvalue(), name=name, title=title, description=description)


def _embedded(document: str, *, name: str, title: str, description: str) -> str:
    """The ``<svg>`` element of a document of matplotlib's."""
    start = _SVG.search(document)
    size = _SIZE.search(document)
    if start is None or size is None:  # a matplotlib that writes otherwise must not go unseen
        raise ValueError("matplotlib wrote SVG of an unknown kind")
    body = _STYLE.sub("", _METADATA.sub("", _COMMENT.sub("", document[start.end() :])))
    body = re.sub(r"\n\s*", "\n", _TAG.sub(lambda tag: _rewritten(tag[0], name), body))
    width, height = (float(side) for side in size.groups())
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width:g} {height:g}">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(description)}</desc>{body}'
    ).rstrip()


def _rewritten(tag: str, name: str) -> str:
    """A tag with ids and colours of the page; the text between tags stays as it is."""
    tag = _UNUSED.sub("<g>", tag)
    tag = _NAMED.sub(rf"\g<1>{name}-", tag.replace("xlink:href", "href"))
    tag = _COLOUR.sub(lambda match: COLOURS[match[0]], tag)
    tag = _FONT.sub(lambda match: f"font-size: {match[1]}px; " if match[1] else "", tag)
    return _LONG.sub(lambda match: f"{float(match[0]):.2f}", tag)

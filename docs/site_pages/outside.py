"""Pages that lie outside ``docs``: the READMEs of packages, CHANGELOG and CONTRIBUTING.

Before each build they are copied to ``docs/packages`` and ``docs/project``, with their links led to pages of the site.
In the repository the same links lead to the files themselves.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent

PAGES = {
    ROOT / "CHANGELOG.md": "project/changelog",
    ROOT / "CONTRIBUTING.md": "project/contributing",
    **{
        readme: f"packages/{readme.parent.name}"
        for folder in ("plugins", "examples")
        for readme in sorted((ROOT / folder).glob("*/README.md"))
    },
}
"""Each file outside the folder of the documentation, and the name of its page."""

_ELSEWHERE = PAGES | {ROOT / "README.md": "index"}
_LINK = re.compile(r"\[(?P<text>[^]]*)\]\((?P<target>[^)#\s]+)(?P<rest>[^)]*)\)")


def relinked(text: str, page: str, origin: Path) -> str:
    """The text for a page, with relative links that were right in the folder ``origin``.

    A link to a folder without README becomes its text, because a site has no folders.
    """

    def lead(match: re.Match[str]) -> str:
        if re.match(r"\w+:", match["target"]):
            return match[0]
        there = Path(os.path.normpath(origin / match["target"]))
        if there.is_dir():
            there /= "README.md"
            if not there.exists():
                return match["text"]
        name = _ELSEWHERE.get(there)
        there = there if name is None else DOCS / f"{name}.md"
        return f"[{match['text']}]({os.path.relpath(there, (DOCS / page).parent)}{match['rest']})"

    return _LINK.sub(lead, text)


def renew(texts: Mapping[str, str]) -> None:
    """Write pages that have changed, so that Sphinx reads only what is new, and remove others from their folders."""
    for page, text in texts.items():
        file = DOCS / page
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for folder in {(DOCS / page).parent for page in texts}:
        for file in folder.iterdir():
            if str(file.relative_to(DOCS)) not in texts:
                file.unlink()


def _lead(app: Sphinx, page: str, content: list[str]) -> None:
    if page not in PAGES.values():
        content[0] = relinked(content[0], page, (DOCS / page).parent)


def setup(app: Sphinx) -> dict[str, bool]:
    """Join Sphinx."""
    renew({f"{page}.md": relinked(file.read_text("utf-8"), page, file.parent) for file, page in PAGES.items()})
    app.connect("source-read", _lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Pages of what plugins and scripts may rely on, out of the files that tests/contract compares with the code."""

from textwrap import dedent

from sphinx.application import Sphinx

from site_pages.outside import ROOT, renew

PAGES = {
    "printed": (
        "What `--json` prints",
        "Each command that lists, explains or measures prints one JSON document with `--json`. Below are its keys and "
        "what they hold: `[]` is a list, `*` any name. A document of the schema 1 gains keys, and loses none.",
    ),
    "run": (
        "The files of a run",
        "What training leaves in a run's folder, and the keys of each file. [Training](../training.md#the-runs-folder) "
        "says what they are for.",
    ),
    "sweep": (
        "The files of a sweep",
        "What `gpreg sweep` leaves in a sweep's folder beside its runs, and the keys of each file. "
        "[Sweeps](../../how-to/sweeps.md) says what they are for.",
    ),
    "recipe": (
        "The keys of a recipe",
        "Every table and key of a recipe, with type and default. [Recipes](../recipes.md) says what they set.",
    ),
    "hooks": (
        "Hooks and specs",
        "The hooks by which a package supplies things, and the fields of what they return. [Writing a "
        "plugin](../plugins.md) shows them in use.",
    ),
}
"""Title and first words of the page of each file."""


def page(title: str, about: str, text: str) -> str:
    """A page with a heading for each part of the text, whose first line names it."""
    parts = [part.partition("\n") for part in text.strip().split("\n\n")]
    sections = [f"## {_heading(first)}\n\n```text\n{dedent(rest) or first}\n```\n" for first, _, rest in parts]
    return "\n".join([f"# {title}\n\n{about}\n", *sections])


def _heading(line: str) -> str:
    return f"`{line.strip()}`" if line.startswith("gpreg ") else line.strip()


def setup(app: Sphinx) -> dict[str, bool]:
    """Join Sphinx."""
    kept = {name: (ROOT / "tests" / "contract" / f"{name}.txt").read_text(encoding="utf-8") for name in PAGES}
    renew({f"reference/contract/{name}.md": page(*PAGES[name], text) for name, text in kept.items()})
    return {"parallel_read_safe": True, "parallel_write_safe": True}

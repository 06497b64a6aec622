"""Write the tables that documentation shares with the registry: ``python docs/write_tables.py``.

With ``--check`` nothing is written, and the exit code says whether anything would be.
"""

import sys
from pathlib import Path
from typing import cast

from gpreg import MeasureSpec, load_registry
from gpreg.cli.listing import measures_table
from gpreg.registry.specs import ASSUMPTIONS

README = Path(__file__).parent.parent / "README.md"
START, END = "<!-- measures: written by docs/write_tables.py -->\n", "<!-- end -->"


def markdown_table() -> str:
    """The measures of the project's own packages as a Markdown table."""
    specs = cast(tuple[MeasureSpec, ...], load_registry().list("measure"))
    titles, rows = measures_table([spec for spec in specs if spec.package == "gpreg-measures"])
    rules = [":-:" if title in ASSUMPTIONS else "---" for title in titles]
    named = [[f"`{name}`", *cells] for name, *cells in rows]
    titles[0] = "measure"
    lines = ([cell.replace("|", "\\|") for cell in row] for row in (titles, rules, *named))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_table(text: str) -> str:
    """The text with the table between its two markers renewed."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{markdown_table()}{END}{after}"


if __name__ == "__main__":
    written = README.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        sys.exit(with_table(written) != written)
    README.write_text(with_table(written), encoding="utf-8")

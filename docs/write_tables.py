"""Write the tables that documentation shares with the registry: ``python docs/write_tables.py``.

With ``--check`` nothing is written, and the exit code says whether anything would be.
"""

import sys
from pathlib import Path
from typing import cast

from gpreg import MeasureSpec, load_registry

README = Path(__file__).parent.parent / "README.md"
START, END = "<!-- measures: written by docs/write_tables.py -->\n", "<!-- end -->"
ASSUMPTIONS = ("5a", "5b", "5c", "6a", "6b", "6c")
MARKS = {"holds": "✓", "fails": "✗", "depends": "~", None: "–"}


def measures_table() -> str:
    """The measures of the project's own packages as a Markdown table."""
    rows = [
        ["measure", "penalty term", "sampling", "mass", *ASSUMPTIONS],
        ["---", "---", "---", "---", *[":-:"] * len(ASSUMPTIONS)],
    ]
    for spec in cast(tuple[MeasureSpec, ...], load_registry().list("measure")):
        if spec.package == "gpreg-measures":
            verdicts = {claim.assumption: claim.verdict for claim in spec.claims}
            marks = [MARKS[verdicts.get(assumption)] for assumption in ASSUMPTIONS]
            cells = [f"`{spec.name}`", spec.penalty, spec.sampling, spec.mass, *marks]
            rows.append([cell.replace("|", "\\|") for cell in cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_table(text: str) -> str:
    """The text with the table between its two markers renewed."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{measures_table()}{END}{after}"


if __name__ == "__main__":
    written = README.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        sys.exit(with_table(written) != written)
    README.write_text(with_table(written), encoding="utf-8")

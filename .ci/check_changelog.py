"""Check that ``CHANGELOG.md`` tells of the version that ``gpreg/__init__.py`` states, first of all versions."""

import re
import sys
from pathlib import Path

import gpreg

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    sections = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    heading, _, body = sections[0].partition("\n")
    if not re.fullmatch(rf"\[{re.escape(gpreg.__version__)}\] - (\d{{4}}-\d\d-\d\d|unreleased)", heading):
        sys.exit(f"CHANGELOG.md begins with {heading!r}; write '## [{gpreg.__version__}] - DATE', and what has changed")
    if not re.search(r"^- ", body, re.MULTILINE):
        sys.exit(f"CHANGELOG.md says nothing of {gpreg.__version__}; write what a user can notice")
    if heading.endswith("unreleased"):
        print(f"CHANGELOG.md: write the date of {gpreg.__version__} before it is tagged")

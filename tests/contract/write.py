"""The contract with authors of plugins and with scripts, one file for each part: ``python tests/contract/write.py``.

The files are the same if and only if the contract is. ``test_contract.py`` compares them.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path[0] = str(HERE.parent)

from contract import documents, hooks, names, recipe  # noqa: E402 -- found where the line above looks

PARTS: dict[str, Callable[[Path], str]] = {
    "names.txt": lambda _: names.text(),
    "hooks.txt": lambda _: hooks.text(),
    "recipe.txt": lambda _: recipe.text(),
    "printed.txt": documents.printed,
    "run.txt": documents.kept,
    "sweep.txt": documents.swept,
}
"""Each file, with what writes it, given a run."""


def main() -> None:
    """Write every part."""
    with tempfile.TemporaryDirectory() as folder:
        run = documents.train(Path(folder))
        for name, part in PARTS.items():
            (HERE / name).write_text(part(run), encoding="utf-8")


if __name__ == "__main__":
    main()

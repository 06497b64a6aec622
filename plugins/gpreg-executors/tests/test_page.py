"""What the page on executors says is true."""

import re
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "how-to" / "executors.md").read_text(encoding="utf-8")


def test_the_python_blocks_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})  # the project's own text

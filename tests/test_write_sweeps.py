"""What docs/write_sweeps.py makes of reports; the sweeps themselves take minutes and are not run."""

import runpy
from pathlib import Path

import pytest

import gpreg

SCRIPT = runpy.run_path(str(Path(__file__).parent.parent / "docs" / "write_sweeps.py"))
REPORT = """# A sweep

**On this data, mid is better.**

## wasserstein/w1

| row | 8gaussians |
|---|---|
| mid | 0.1 [0.09, 0.2], n = 3 |

### More

## How to make it again

```sh
gpreg sweep there
```
"""


def reported(words):
    """What the command line would leave in a folder."""
    if words[0] == "report":
        Path(words[1], "report.md").write_text(REPORT)
    else:
        Path(words[-1]).mkdir(parents=True, exist_ok=True)


@pytest.mark.parametrize("name", SCRIPT["PAGES"])
def test_a_page_has_its_reports_the_commands_and_when(name, tmp_path):
    ran = []

    def run(words):
        ran.append(words)
        reported(words)

    text = SCRIPT["write"](name, tmp_path, "small", run, lambda sweep: 90.0)
    page = SCRIPT["PAGES"][name]
    assert text.startswith(f"# {page.title}\n\n{page.about}\n\n")
    assert text.count("| mid | 0.1 [0.09, 0.2], n = 3 |") == len(page.sweeps)
    assert text.count("### wasserstein/w1") == text.count("#### More") == len(page.sweeps)
    assert "gpreg sweep there" not in text
    assert f"{90 * len(page.sweeps) / 60:.0f} minutes of training" in text
    for sweep in page.sweeps:
        assert gpreg.load_registry().get("sweep", sweep)
        assert f"\ngpreg sweep {sweep} --scale small\n" in text
        assert ["sweep", sweep, "--scale", "small", "--out", str(tmp_path / f"{sweep}-small")] in ran
    ran.clear()
    SCRIPT["write"](name, tmp_path, "small", run, lambda sweep: 90.0)
    assert ran[0] == ["sweep", str(tmp_path / f"{next(iter(page.sweeps))}-small")]  # it goes on

"""Tables, links and exit codes of the documentation; tests/fixtures/documentation.py runs its blocks and commands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fixtures.documentation import ELSEWHERE

from gpreg.errors import ExitCode

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = {"_build", "contract", "packages", "project", "python"}  # folders of the site, which `make docs` writes
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if not WRITTEN & set(page.parts)),
    *ROOT.glob("plugins/*/*.md"),
]
TEXT = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize(("page", "tests"), ELSEWHERE.items())
def test_pages_that_sybil_leaves_out_have_blocks_and_other_tests(page, tests):
    assert re.search(r"^```(python|toml)$", TEXT[page], flags=re.MULTILINE), "sybil leaves out a page without blocks"
    assert (ROOT / tests).exists()


@pytest.mark.parametrize("page", [page for page in TEXT if Path(page).name not in ("index.md", "project.md")])
def test_a_page_that_explains_use_has_an_example(page):
    """A block, a command, a table or a picture; decisions are words."""
    shown = r"^(```|    (    )?gpreg |\| |!\[)"
    assert str(Path(page).parent) == "docs/decisions" or re.search(shown, TEXT[page], flags=re.MULTILINE)


@pytest.mark.parametrize("index", [page for page in TEXT if Path(page).name == "index.md"])
def test_an_index_has_a_line_for_each_page_of_its_folder(index):
    linked = {(ROOT / index).parent / target for target in re.findall(r"\]\(([^)#]+)", TEXT[index])}
    assert {
        page for page in (ROOT / index).parent.glob("*.md") if page.name not in ("index.md", "project.md")
    } <= linked


@pytest.mark.parametrize("page", TEXT)
def test_no_block_is_of_a_kind_that_nobody_runs(page):
    """Sybil has a parser for some; others are no code, are directives of the site, or are read by the page's test."""
    kinds = set(re.findall(r"^ *```([^`\n]+)$", TEXT[page], flags=re.MULTILINE))
    unknown = {kind for kind in kinds if kind[0] != "{"} - {"python", "toml", "sh", "text"}
    assert not unknown or page in ELSEWHERE


def test_the_readmes_three_lines_give_a_gradient():
    critic = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    real, fake = torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(0))
    names = {"critic": critic, "real": real, "fake": fake, "critic_loss": critic(fake).mean() - critic(real).mean()}
    exec(re.search(r"```python\n(.*?)```", TEXT["README.md"], flags=re.DOTALL)[1], names)  # the project's own text
    names["loss"].backward()
    assert all(parameter.grad is not None for parameter in critic.parameters() if parameter.ndim == 2)


def test_tables_are_those_of_the_registry():
    script = ROOT / "docs" / "write_tables.py"
    written = subprocess.run([sys.executable, str(script), "--check"], check=False)
    assert written.returncode == 0, "python docs/write_tables.py renews them"


def test_the_exit_codes_of_the_page_are_those_that_there_are():
    table = TEXT["docs/reference/commands.md"].partition("## Exit codes")[2]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)} == set(ExitCode)


@pytest.mark.parametrize("page", TEXT)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", TEXT[page]):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"

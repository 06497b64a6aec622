"""What the documentation prints is run: Python blocks, gpreg commands, tables, links."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import gpreg
from gpreg import load_registry
from gpreg.errors import ExitCode
from gpreg.recipe import check_clashes, read

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = {"_build", "packages", "project", "python"}  # folders of the site, which `make docs` writes
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if not WRITTEN & set(page.parts)),
    *ROOT.glob("plugins/*/*.md"),
]
TEXT = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}


def blocks(page: str) -> list[str]:
    own = re.sub(r"<!-- \w+: written by .*?<!-- end -->", "", TEXT[page], flags=re.DOTALL)  # tests/loops runs examples
    return re.findall(r"```python\n(.*?)```", own, flags=re.DOTALL)


def material() -> dict[str, object]:
    """What a reader's own training loop would have at hand."""
    critic = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    real, fake = torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(0))
    return {
        "critic": critic,
        "real": real,
        "fake": fake,
        "critic_loss": critic(fake).mean() - critic(real).mean(),
        "optimiser": torch.optim.Adam(critic.parameters()),
    }


EXECUTED = [
    "README.md",
    "CONTRIBUTING.md",
    *(
        f"docs/{page}.md"
        for page in (
            "coming-from/ctgan",
            "coming-from/gan-stability",
            "coming-from/r3gan",
            "coming-from/skrl",
            "coming-from/stylegan",
            "coming-from/studiogan",
            "coming-from/wgan-gp-scripts",
            "how-to/choosing-rho",
            "reference/conventions",
            "how-to/critics",
            "how-to/estimators",
            "how-to/loops",
            "reference/penalties",
            "reference/recipes",
            "reference/statistics",
            "tutorials/theory",
            "reference/theory-python",
        )
    ),
]


FEW = {"training.steps": 4, "report.tick": 2, "report.picture_ticks": 0, "report.score_samples": 200}
"""Settings with which a page's experiment is trained in seconds."""


@pytest.mark.parametrize("page", EXECUTED)
def test_python_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = gpreg.experiment
    monkeypatch.setattr(gpreg, "experiment", lambda *recipe, **choices: whole(*recipe, **choices, set=FEW))
    assert blocks(page)
    names = material()
    for block in blocks(page):
        exec(block, names)  # the project's own text


def test_the_readmes_three_lines_give_a_gradient():
    names = material()
    exec(blocks("README.md")[0], names)
    names["loss"].backward()
    assert all(parameter.grad is not None for parameter in names["critic"].parameters() if parameter.ndim == 2)


RECIPES = re.findall(r"```toml\n(.*?)```", TEXT["docs/reference/recipes.md"], flags=re.DOTALL)


@pytest.mark.parametrize("text", RECIPES)
def test_recipes_are_read_and_do_not_contradict_themselves(text):
    registry = load_registry()
    check_clashes(read(text, origin="docs/reference/recipes.md", registry=registry), registry)


COMMANDS = sorted(
    {
        line.split("#")[0].strip()
        for text in TEXT.values()
        for line in re.findall(r"^ {4}(gpreg .*)$", text, flags=re.MULTILINE)
    }
)


FEWER = {"check": ["--set", "report.check_samples=64"], "train": ["--set", "report.check_samples=64"]}
NETWORKS = ["--modes", "2", "--set", "report.check_samples=64"]
"""What makes a command faster and changes nothing else."""


@pytest.mark.parametrize("command", [command for command in COMMANDS if "ot-chords" not in command])
def test_gpreg_commands_run(call, command):
    words = command.split()[1:]
    result = call(*words, *(NETWORKS if words[:2] == ["stability", "plane"] else FEWER.get(words[0], [])))
    assert result.code == 0, result.err


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

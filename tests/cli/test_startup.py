import pytest

from gpreg.registry.kinds import KINDS

TELL = """
import sys
from gpreg.cli.main import main
code = main(sys.argv[1:])
print("IMPORTED", *(name for name in ("torch", "numpy", "scipy", "pydantic", "rich") if name in sys.modules))
sys.exit(code)
"""
COMMANDS = [
    ("--help",),
    ("--version",),
    ("list-measures",),
    ("list-measures", "--json"),
    *((f"list-{kind.plural}",) for kind in KINDS.values() if kind.listed and kind.name != "measure"),
    ("show", "measure", "same"),
    ("show", "measure", "same", "--json"),
    ("show", "recipe", "plane"),
    ("show", "recipe", "plane", "--json"),
    ("train", "--help"),
    ("resume", "--help"),
    ("sample", "--help"),
    ("evaluate", "--help"),
    ("rho",),
    ("rho", "10", "lambda"),
    ("rho", "100,0.1", "aR1", "--json"),
    ("plugins",),
    ("plugins", "--json"),
    ("completion", "zsh"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_lists_and_explains_imports_nothing_heavy(site, words):
    # With every installed plugin, and one more that is known to be there.
    site.install_measure("one", "same")
    result = site.python("-c", TELL, *words)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].split() == ["IMPORTED"]


def test_what_lists_knows_no_recipes(site):
    result = site.python("-c", TELL.replace('("torch",', '("gpreg.recipe", "gpreg.runs", "torch",'), "list-measures")
    assert result.stdout.splitlines()[-1] == "IMPORTED"


def test_help_of_a_group_imports_no_command(site):
    result = site.python("-c", TELL.replace('("torch",', '("gpreg.cli.show", "gpreg.cli.listing", "torch",'), "--help")
    assert result.stdout.splitlines()[-1] == "IMPORTED"

"""Write what documentation shares with the code, tables and examples: ``python docs/write_tables.py``.

With ``--check`` nothing is written, and the exit code says whether anything would be.
"""

import ast
import inspect
import runpy
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from gpreg import load_registry
from gpreg.cli.listing import measures_table
from gpreg.cli.main import COMMANDS, cli
from gpreg.cli.session import Session
from gpreg.recipe import load
from gpreg.recipe.layout import ORDER, SETTINGS
from gpreg.registry.assumptions import ASSUMPTIONS, MARKS
from gpreg.registry.coefficient import conventions as known_conventions
from gpreg.registry.kinds import COMMAND, KINDS, MEASURE, RECIPE
from gpreg.registry.options import describe
from gpreg.registry.plain import plain
from gpreg.testing import architecture_checks, thing_checks
from gpreg.testing.plugins import KITS

ROOT = Path(__file__).parent.parent


def hooks() -> str:
    """The hooks of the kinds."""
    built = {kind: (kind.interface or "").replace("builtins:", "").replace(":", ".") for kind in KINDS.values()}
    rows = [
        [f"`{kind.hook}`", f"`{kind.spec.__name__}`", f"`{interface}`: {kind.help}" if interface else kind.help]
        for kind, interface in built.items()
    ]
    return markdown([["hook", "returns", "what its factories build"], ["---"] * 3, *rows])


def commands() -> str:
    """The help page of every command of the project's own packages, as on a terminal of 80 columns."""
    session = Session(frozenset(COMMANDS))
    group = cli.make_context("gpreg", [], resilient_parsing=True, obj=session, terminal_width=78)
    foreign = {spec.name for spec in session.registry.list(COMMAND) if not (ROOT / "plugins" / spec.package).is_dir()}
    pages = ["gpreg", *(f"gpreg {name}" for name in cli.list_commands(group) if name not in foreign)]
    return "".join(f"\n## {title}\n\n```text\n{help_page(title, group)}\n```\n" for title in pages) + "\n"


def help_page(title: str, group: click.Context) -> str:
    """What ``--help`` prints."""
    name = title.removeprefix("gpreg").strip()
    command = cli.get_command(group, name) if name else None
    return click.Context(command, parent=group, info_name=name).get_help() if command else cli.get_help(group)


def packages() -> str:
    """The project's own plugins and its example: what each supplies."""
    rows = []
    for file in (*sorted(ROOT.glob("plugins/*/pyproject.toml")), *sorted(ROOT.glob("examples/*/pyproject.toml"))):
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        link = f"[{project['name']}](../../{file.parent.relative_to(ROOT)}/README.md)"
        rows.append([link, project["description"]])
    return markdown([["package", "what it supplies"], ["---"] * 2, *rows])


def measures() -> str:
    """The measures of the project's own packages."""
    specs = load_registry().list(MEASURE)
    titles, rows = measures_table([spec for spec in specs if spec.package == "gpreg-measures"])
    rules = [":-:" if title in ASSUMPTIONS else "---" for title in titles]
    titles[0] = "measure"
    return markdown([titles, rules, *([f"`{name}`", *cells] for name, *cells in rows)])


def assumptions() -> str:
    """The assumptions of the convergence theorem."""
    rows = [[each.name, each.short, each.purpose, each.source] for each in ASSUMPTIONS.values()]
    return markdown([["", "assumption", "what for", "where it stands"], [":-:", "---", "---", "---"], *rows])


def claims() -> str:
    """What each measure satisfies by itself, with the reasons for what does not simply hold."""
    specs = load_registry().list(MEASURE)
    shipped = [spec for spec in specs if spec.package == "gpreg-measures" and spec.claims]
    names = [name for name in ASSUMPTIONS if any(claim.assumption == name for spec in shipped for claim in spec.claims)]
    rows = []
    for spec in shipped:
        marks = {claim.assumption: MARKS[claim.verdict] for claim in spec.claims}
        reasons = "; ".join(f"{c.assumption} {c.because}" for c in spec.claims if c.verdict != "holds")
        rows.append([f"`{spec.name}`", *(marks.get(name, "–") for name in names), reasons])
    return markdown([["measure", *names, "✗ and ~: why, or on what"], ["---", *[":-:"] * len(names), "---"], *rows])


def recipe_keys() -> str:
    """Every key of a recipe's tables of settings."""
    rows = [
        [
            f"`{table}.{info.name}`",
            "none" if info.default is None else f"`{plain(info.default)}`".lower(),
            info.bounds.replace("'", "`"),
            info.help,
        ]
        for table in ORDER
        for info in describe(SETTINGS.get(table))
    ]
    return markdown([["key", "default", "bounds", "what it sets"], ["---"] * 4, *rows])


def recipes() -> str:
    """The recipes of the project's own packages."""
    specs = [spec for spec in load_registry().list(RECIPE) if spec.package == "gpreg-recipes"]
    return markdown([["recipe", "what it is"], ["---"] * 2, *([f"`{spec.name}`", spec.summary] for spec in specs)])


def conventions() -> str:
    """Everybody's conventions of the coefficient, with their sources."""
    rows = [
        [
            " / ".join((known.name, *known.aliases)),
            f"`{known.term}`",
            f"`{known.formula}`",
            f"`{known.measure}`" if known.measure else "any",
            f"`{known.form}`" if known.form else "any",
            "" if known.default is None else f"{known.default:g}",
            known.source,
            known.note,
        ]
        for known in known_conventions()
    ]
    titles = ["convention", "the penalty", "conversion", "measure", "form", "its default", "source", "note"]
    return markdown([titles, ["---"] * len(titles), *rows])


def unstated() -> str:
    """What the sources of the papers' recipes do not give."""
    registry = load_registry()
    names = [spec.name for spec in registry.list(RECIPE) if spec.package == "gpreg-recipes"]
    marks = {name: load(name, registry).unstated for name in names}
    rows = [[f"`{name}`", ", ".join(f"`{key}`" for key in keys)] for name, keys in marks.items() if keys]
    return markdown([["recipe", "not given by its source"], ["---"] * 2, *rows])


def example(file: str, first: str, last: str = "") -> str:
    """An example's lines from the definition of one name to that of another; tests/loops runs the example."""
    text = (ROOT / "examples" / "loops" / file).read_text(encoding="utf-8")
    defined = {_name(node): node for node in ast.parse(text).body}
    lines = text.splitlines()[defined[first].lineno - 1 : defined[last or first].end_lineno]
    return "\n".join(["```python", *lines, "```", ""])


def _name(node: ast.stmt) -> str:
    """What a statement at the top of a file defines."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node
    return getattr(target, "name", getattr(target, "id", ""))


def machines() -> str:
    """What becomes of each estimator with critics as people build them, which the tests go through."""
    cases = _of_the_tests("machines")
    rows = [[name, *(f"✗ {reason}" if reason else "✓" for reason in row)] for name, row in cases["rows"]().items()]
    return markdown([["critic with", *cases["ESTIMATORS"]], ["---"] * (1 + len(cases["ESTIMATORS"])), *rows])


def passes() -> str:
    """The critic's passes in a step, which the tests count."""
    counted = _of_the_tests("machines")["PASSES"]
    rows = [
        [name, *(f"{forward} / {backward}" for forward, backward in counts)] for name, (_, *counts) in counted.items()
    ]
    titles = ["estimator", "penalty alone", "`CriticObjective`, at the real batch", "`CriticObjective`, elsewhere"]
    return markdown([titles, ["---", *[":-:"] * 3], *rows])


def kit_of_things() -> str:
    """What is asked of everything that a plugin supplies."""
    return markdown([["check", "asks"], ["---"] * 2, *_asked(thing_checks)])


def kits() -> str:
    """What each kit asks beside."""
    made: dict[str, Callable[..., Any]] = {**KITS, "architecture": architecture_checks}
    rows = [[f"`{made[kind].__name__}`", *row] for kind in KINDS for row in _asked(made[kind])]
    return markdown([["kit", "check", "asks"], ["---"] * 3, *rows])


def _asked(kit: Callable[..., Any]) -> Iterator[list[str]]:
    """The checks that are named beside a kit, each with the first paragraph of its docstring."""
    for name, checks in vars(sys.modules[kit.__module__]).items():
        if name.endswith("_CHECKS"):
            for check in checks:
                told = inspect.cleandoc(check.__doc__ or "").partition("\n\n")[0]
                yield [f"`{check.__name__}`", " ".join(told.replace("``", "`").split())]


def _of_the_tests(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "tests" / "fixtures" / f"{name}.py"))


def markdown(rows: Iterable[list[str]]) -> str:
    """A Markdown table; the second row is its rule."""
    lines = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


LOOPS = ROOT / "docs" / "how-to" / "loops.md"
TABLES: dict[str, tuple[Path, Callable[[], str]]] = {
    "commands": (ROOT / "docs" / "reference" / "commands.md", commands),
    "hooks": (ROOT / "docs" / "reference" / "plugins.md", hooks),
    "kit-of-things": (ROOT / "docs" / "reference" / "testing.md", kit_of_things),
    "kits": (ROOT / "docs" / "reference" / "testing.md", kits),
    "packages": (ROOT / "docs" / "reference" / "known-plugins.md", packages),
    "measures": (ROOT / "README.md", measures),
    "machines": (ROOT / "docs" / "how-to" / "estimators.md", machines),
    "passes": (ROOT / "docs" / "how-to" / "estimators.md", passes),
    "assumptions": (ROOT / "docs" / "tutorials" / "theory.md", assumptions),
    "claims": (ROOT / "docs" / "tutorials" / "theory.md", claims),
    "recipe-keys": (ROOT / "docs" / "reference" / "recipes.md", recipe_keys),
    "recipes": (ROOT / "docs" / "reference" / "recipes.md", recipes),
    "conventions": (ROOT / "docs" / "reference" / "conventions.md", conventions),
    "unstated": (ROOT / "docs" / "explanation" / "faithful.md", unstated),
    "skrl": (LOOPS, partial(example, "skrl_amp.py", "PenalisedAMP")),
    "ctgan": (LOOPS, partial(example, "ctgan_pack.py", "use_penalty")),
    "monai": (LOOPS, partial(example, "monai_patches.py", "critic", "critic_loss")),
    "lightning": (LOOPS, partial(example, "lightning_manual.py", "WGAN")),
    "accelerate": (LOOPS, partial(example, "accelerate_loop.py", "train_critic")),
    "ddp": (LOOPS, partial(example, "ddp_loop.py", "train_critic")),
}
"""The page of each table or example, and what writes it."""


def with_table(text: str, name: str, table: str) -> str:
    """The text with the table between its two markers renewed."""
    start, end = f"<!-- {name}: written by docs/write_tables.py -->\n", "<!-- end -->"
    before, marker, rest = text.partition(start)
    if not marker:
        raise SystemExit(f"there is no line {start}")
    _, _, after = rest.partition(end)
    return f"{before}{start}{table}{end}{after}"


if __name__ == "__main__":
    stale = False
    for name, (page, table) in TABLES.items():
        written = page.read_text(encoding="utf-8")
        renewed = with_table(written, name, table())
        stale |= renewed != written
        if "--check" not in sys.argv[1:]:
            page.write_text(renewed, encoding="utf-8")
    sys.exit("--check" in sys.argv[1:] and stale)

"""What is written: whole, formatted, and by the rules that gpreg's own code obeys."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest
import yaml
from packaging.requirements import Requirement

import gpreg
from gpreg.registry.kinds import KINDS
from gpreg_new_plugin import names
from gpreg_new_plugin.contents import CONTENTS
from gpreg_new_plugin.package import LICENCES, Author, Package
from gpreg_new_plugin.rendering import imported, rendered, templates
from gpreg_new_plugin.thing import things_of

ROOT = Path(__file__).parents[3]
CORE = tomllib.loads((ROOT / "pyproject.toml").read_text())


def package(*named, name="orchard", **more):
    things = things_of(named, imported=imported())
    return Package(name=name, things=things, author=Author(name="Ada"), year=2026, **more)


def test_there_is_a_content_for_each_kind():
    assert list(CONTENTS) == list(KINDS)


def test_each_kind_has_its_templates():
    expected = {
        f"{name}{suffix}"
        for kind in KINDS
        for name, suffix in [
            (f"specs/{kind}", ""),
            (f"tests/test_{kind}", ".py"),
            *((f"src/package/{kind}", suffix) for suffix in CONTENTS[kind].files),
        ]
    }
    of_kinds = {name for name in templates() if name.startswith(("specs/", "tests/", "src/"))}
    shared = {"src/package/__init__.py", "src/package/plugin.py", "src/package/py.typed", "tests/test_plugin.py"}
    assert of_kinds == expected | shared


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_of_one_kind_is_whole(kind):
    texts = rendered(package((kind, "apple")))
    module = PurePosixPath("src/gpreg_orchard/apple.py")
    assert {module, module.with_name("plugin.py"), PurePosixPath("tests/test_apple.py")} < set(texts)
    for path, text in texts.items():
        if path.suffix == ".py":
            compile(text, str(path), "exec")
        assert not re.search("TODO|FIXME|XXX|NotImplemented", text), path
        assert text.endswith("\n") or not text, path
        assert "jinja" not in text, path
        assert "{{" not in text.replace("${{ matrix.python }}", ""), path


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_says_which_function_is_to_be_edited(kind):
    text = rendered(package((kind, "apple")))[PurePosixPath("src/gpreg_orchard/apple.py")]
    (edited,) = re.findall(r"[Tt]his is the function to edit|[Tt]he file to edit", text)
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    if "function" in edited:
        assert sum("function to edit" in " ".join((ast.get_docstring(node) or "").split()) for node in functions) == 1
    assert all(ast.get_docstring(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef))


def test_everything_passes_ruff_however_long_the_names_are(make, tmp_path):
    longest = "w" * names.LONGEST
    for kind in KINDS:
        make(tmp_path / kind, "orchard", [(kind, "apple")]) if (tmp_path / kind).mkdir() is None else None
    for folder, name, named in (
        ("every", "orchard", [(kind, f"{kind}-of-mine") for kind in KINDS]),
        ("two", "orchard", [(kind, f"apple-{number}") for kind in KINDS for number in (1, 2)]),
        ("short", "ab", [(kind, f"r{number}") for number, kind in enumerate(KINDS)]),
        ("long", longest, [(kind, f"{'w' * 25}-{number:04}") for number, kind in enumerate(KINDS)]),
        ("one", longest, [("constraint", longest)]),
    ):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder, name, named)
    for words in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_its_rules_are_those_of_gpreg():
    written = tomllib.loads(rendered(package(("measure", "apple")))[PurePosixPath("pyproject.toml")])["tool"]
    ours = CORE["tool"]
    assert written["ruff"]["lint"]["select"] == ours["ruff"]["lint"]["select"]
    assert set(written["ruff"]["lint"]["ignore"]) <= set(ours["ruff"]["lint"]["ignore"])
    assert written["ruff"]["line-length"] == ours["ruff"]["line-length"]
    assert written["mypy"]["strict"]
    assert written["pytest"]["ini_options"]["filterwarnings"] == ["error"]


@pytest.mark.parametrize("kind", KINDS)
def test_its_metadata(kind):
    texts = rendered(package((kind, "apple")))
    project = tomllib.loads(texts[PurePosixPath("pyproject.toml")])["project"]
    assert project["name"] == "gpreg-orchard"
    assert project["entry-points"]["gpreg"] == {"orchard": "gpreg_orchard.plugin"}
    assert project["license"] == "MIT"
    needed = {one.name: one for one in map(Requirement, project["dependencies"])}
    assert str(needed["gpreg"].specifier) == f">={gpreg.__version__}"
    tested = [Requirement(line).name for line in project["optional-dependencies"]["test"]]
    assert {"pytest", "ruff", "mypy", "gpreg-verify"} <= set(tested)
    found = {path.name for path in ROOT.glob("plugins/*")}
    assert {name for name in (*needed, *tested) if name.startswith("gpreg-")} <= found


def test_bounds_are_those_of_gpreg():
    of_core = {line.partition(">=")[0]: line for line in CORE["project"]["dependencies"]}
    lines = {line for content in CONTENTS.values() for line in content.requires}
    assert lines == {of_core[line.partition(">=")[0]] for line in lines}


@pytest.mark.parametrize("license", LICENCES)
def test_a_licence_names_its_holder_and_the_year(license):
    texts = rendered(package(("measure", "apple"), license=license))
    text = texts[PurePosixPath("LICENSE")]
    (line,) = (line for line in text.splitlines() if "2026" in line)
    assert line.strip().startswith("Copyright")
    assert line.endswith("Ada")
    assert len(text.splitlines()) > 20
    assert f'license = "{license}"' in texts[PurePosixPath("pyproject.toml")]


def test_without_a_licence_none_is_claimed():
    texts = rendered(package(("measure", "apple"), license="none"))
    assert PurePosixPath("LICENSE") not in texts
    assert "license" not in tomllib.loads(texts[PurePosixPath("pyproject.toml")])["project"]


def test_names_with_quotes_are_written_right():
    asked = Package(name="orchard", things=package(("loss", "apple")).things, author=Author(name='A "B" C'), year=1)
    project = tomllib.loads(rendered(asked)[PurePosixPath("pyproject.toml")])["project"]
    assert project["authors"] == [{"name": 'A "B" C'}]


def test_each_push_is_tested():
    steps = yaml.safe_load(rendered(package(("loss", "apple")))[PurePosixPath(".github/workflows/tests.yml")])["jobs"]
    commands = [step["run"] for step in steps["tests"]["steps"] if "run" in step]
    assert commands[-5:] == ["ruff check", "ruff format --check", "mypy", "pytest", "gpreg verify orchard"]
    (python,) = (step["with"] for step in steps["tests"]["steps"] if "python" in step.get("uses", ""))
    assert python["python-version"] == "${{ matrix.python }}"

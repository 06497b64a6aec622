import json
import re
import tomllib

import pytest

from gpreg.registry.kinds import KINDS


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_word_it_is_a_measure_of_the_same_name(call, here):
    done = call("new-plugin", "wedge")
    assert done.code == 0, done.err
    printed = done.out.split()
    assert all((here / path).is_file() for path in printed)
    assert "gpreg-wedge/src/gpreg_wedge/wedge.py" in printed
    assert len(printed) == sum(path.is_file() for path in here.rglob("*"))


def test_it_says_what_to_type_next_in_five_commands(call, here):
    told = call("new-plugin", "wedge").err
    following = re.findall(r"^    (.+)$", told, flags=re.MULTILINE)
    assert following[:4] == [
        "pip install -e './gpreg-wedge[test]'",
        "pytest gpreg-wedge",
        "gpreg list-measures",
        "gpreg verify wedge",
    ]
    assert following[4].startswith("gpreg train plane --measure wedge ")
    assert len(following) == 5


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_each_kind_has_an_option(kind, call, here):
    done = call("new-plugin", "orchard", f"--{kind}", "apple", f"--{kind}", "pear", "--dry-run", "--json")
    assert done.code == 0, done.err
    assert [(thing["kind"], thing["name"]) for thing in done.json["things"]] == [
        (kind.name, n) for n in ("apple", "pear")
    ]
    assert done.json["next"][2] == kind.listing


def test_a_rehearsal_lists_the_files_and_writes_none(call, here):
    rehearsed = call("new-plugin", "wedge", "--dry-run")
    assert list(here.iterdir()) == []
    assert rehearsed.out == call("new-plugin", "wedge").out


def test_as_json(call, here):
    document = call("new-plugin", "wedge", "--into", "place", "--json").json
    assert document["written"]
    assert (document["schema"], document["package"], document["folder"]) == (1, "gpreg-wedge", "place")
    assert all((here / "place" / path).is_file() for path in document["files"])
    assert document["next"][0] == "pip install -e './place[test]'"


def test_the_prefix_of_the_package_may_be_typed(call, here):
    assert call("new-plugin", "gpreg-wedge", "--json").json["package"] == "gpreg-wedge"


@pytest.mark.parametrize(
    ("words", "author"),
    [
        (("--author", "Ada"), {"name": "Ada"}),
        (("--author", "Ada <a@b.org>"), {"name": "Ada", "email": "a@b.org"}),
        ((), {"name": "The gpreg-wedge developers"}),
    ],
)
def test_the_author(words, author, call, here, monkeypatch):
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    assert call("new-plugin", "wedge", *words).code == 0
    project = tomllib.loads((here / "gpreg-wedge" / "pyproject.toml").read_text())["project"]
    assert project["authors"] == [author]
    assert author["name"] in (here / "gpreg-wedge" / "LICENSE").read_text()


def test_the_author_whom_git_knows(call, here, monkeypatch):
    (here / "config").write_text("[user]\nname = Grace Hopper\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(here / "config"))
    assert "Written for Grace Hopper" in call("new-plugin", "wedge").err


@pytest.mark.parametrize(
    ("words", "message", "remedy"),
    [
        (["Wedge"], "no name for the plugin", "write gpreg new-plugin wedge"),
        (["import"], "keyword of Python", "write gpreg new-plugin import-2"),
        (["gpreg"], "gpreg itself", "write gpreg new-plugin mine"),
        (["theory"], "'theory' is taken", "write gpreg new-plugin theory-2"),
        (["mid"], "gpreg-measures", "write gpreg new-plugin mid --measure mid-2"),
        (["wedge", "--loss", "hinge"], "'hinge' is taken", "write --loss hinge-2"),
        (["wedge", "--loss", "My Loss"], "no name for the loss", "write --loss my-loss"),
        (["wedge", "--loss", "a1", "--loss", "a1"], "--loss a1 is given twice", "a name of its own"),
        (["wedge", "--author", " "], "is no name", "--author 'NAME <MAIL>'"),
        (["wedge", "--author", "A\nB"], "is no name", "--author 'NAME <MAIL>'"),
        (["wedge", "--into", "full"], "not empty (mine)", "--into full-2"),
        (["wedge", "--into", "no/where"], "there is no folder no", "mkdir -p no"),
    ],
)
@pytest.mark.parametrize("rehearsal", [[], ["--dry-run"]], ids=["written", "rehearsed"])
def test_what_cannot_be_is_refused_and_nothing_is_written(words, message, remedy, rehearsal, call, here):
    (here / "full").mkdir()
    (here / "full" / "mine").touch()
    refused = call("new-plugin", *words, *rehearsal)
    assert refused.code == 2
    assert message in refused.err
    assert remedy in refused.err
    assert sorted(path.name for path in here.rglob("*")) == ["full", "mine"]


def test_a_second_time_the_folder_is_in_the_way(call, here):
    assert call("new-plugin", "wedge").code == 0
    refused = call("new-plugin", "wedge")
    assert refused.code == 2
    assert "--into gpreg-wedge-2" in refused.err


def test_an_unknown_licence_is_refused(call, here):
    assert call("new-plugin", "wedge", "--license", "GPL").code == 2
    assert call("new-plugin", "wedge", "--license", "apache-2.0").code == 0
    assert "Apache License" in (here / "gpreg-wedge" / "LICENSE").read_text()


def test_json_is_a_document(call, here):
    json.loads(call("new-plugin", "wedge", "--dry-run", "--json").out)

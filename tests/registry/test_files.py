"""Python files as plugins."""

import hashlib
from pathlib import Path

import pytest

import gpreg
from gpreg.errors import PluginError, UsageError
from gpreg.registry.discovery import State
from gpreg.registry.files import load_file, load_files

MEASURE = """
import gpreg
from gpreg.interfaces import PenaltyMeasure, PenaltySample


class Third(PenaltyMeasure):
    needs = frozenset({"real"})

    def __init__(self, at: float = 0.5):
        super().__init__()
        self.at = at

    def sample(self, batch):
        return PenaltySample(points=batch.real)


@gpreg.hookimpl
def gpreg_measures():
    return [gpreg.MeasureSpec(name="%s", factory=Third, summary="a third")]
"""


@pytest.fixture
def write(tmp_path):
    def writing(text, name="mine.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return writing


@pytest.fixture(scope="module")
def installed():
    return gpreg.load_registry()


def test_a_file_supplies_by_the_same_hooks_and_is_known_by_path_and_hash(write, installed):
    path = write(MEASURE % "third")
    record = load_file(path)
    assert (record.path, record.state) == (str(path), State.OK)
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    registry = installed.extended([record])
    spec = registry.get("measure", "third")
    assert (spec.package, spec.version) == ("mine.py", record.sha256[:12])
    assert type(registry.build("measure", "third")).__name__ == "Third"
    assert "third" not in [other.name for other in installed.list("measure")]


def test_a_name_that_is_installed_too_belongs_to_neither(write, installed):
    registry = installed.extended([load_file(write(MEASURE % "mid"))])
    with pytest.raises(PluginError, match=r"claimed by .*gpreg-measures.* and by mine\.py"):
        registry.get("measure", "mid")
    again = registry.extended([load_file(write(MEASURE % "mid", "other.py"))])
    with pytest.raises(PluginError, match="claimed by"):
        again.get("measure", "mid")


def test_what_a_file_prints_goes_to_stderr(write, capfd):
    load_file(write("print('talk')\n" + MEASURE % "third"))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "talk\n")


BROKEN = {
    "syntax": (b"x = 1\ndef f(:\n", r"broken.py:2: SyntaxError"),
    "no text": (b"\xff\xfe\n", r"broken.py"),
    "a NUL": (b"x = 1\0\n", r"broken.py"),
    "raises": (b"import os\n\n\nraise KeyError('lost')\n", r"broken.py:4: KeyError: 'lost'"),
    "exits": (b"import sys\nsys.exit(5)\n", r"broken.py:2: SystemExit"),
    "imports what is not there": (b"import nowhere_at_all\n", r"broken.py:1: ModuleNotFoundError"),
    "no hook": (b"x = 1\n", r"broken.py: implements no hook \(known: gpreg_measures"),
    "unmarked hook": (b"def gpreg_measures():\n    return []\n", "gpreg_measures is not marked with @gpreg.hookimpl"),
    "unknown hook": (
        b"import gpreg\n@gpreg.hookimpl\ndef gpreg_measure():\n    return []\n",
        "unknown hook 'gpreg_measure'; did you mean 'gpreg_measures'",
    ),
    "not a spec": (b"import gpreg\n@gpreg.hookimpl\ndef gpreg_measures():\n    return [1]\n", "returned a int where"),
    "hook raises": (b"import gpreg\n@gpreg.hookimpl\ndef gpreg_measures():\n    1 / 0\n", r"broken.py:4: ZeroDivision"),
}


@pytest.mark.parametrize(("text", "match"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_does_not_load_is_told_with_its_line(write, text, match):
    with pytest.raises(PluginError, match=match) as caught:
        load_file(write(text, "broken.py"))
    assert caught.value.exit_code == 3


def test_an_import_that_fails_is_told_where_modules_are_looked_for(write):
    write("", "beside.py")
    with pytest.raises(PluginError, match="beside") as caught:
        load_file(write("import beside\n"))
    assert "PYTHONPATH" in caught.value.remedy


def test_what_is_no_file_is_refused(tmp_path, write):
    write(MEASURE % "third", "measures.py")
    with pytest.raises(UsageError, match=r"no file .*measure\.py; did you mean 'measures\.py'"):
        load_file(tmp_path / "measure.py")
    with pytest.raises(UsageError, match=r"must end with \.py"):
        load_file(tmp_path / "measures.txt")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UsageError, match="is no file"):
        load_file(tmp_path / "folder.py")


def test_a_file_is_loaded_once_and_two_of_one_name_are_refused(write, tmp_path, monkeypatch):
    path = write(MEASURE % "third")
    monkeypatch.chdir(tmp_path)
    assert len(load_files([path, Path("mine.py"), Path("./mine.py")])) == 1
    other = write(MEASURE % "other", "folder/mine.py")
    with pytest.raises(UsageError, match="have the same name"):
        load_files([path, other])


def test_a_thing_of_a_file_is_named_by_file_and_name(write, installed):
    text = MEASURE.partition("@gpreg")[0]
    with pytest.raises(PluginError, match="implements no hook"):
        load_files([write(text)])
    registry = installed.extended(load_files([write(text)], without_hooks=["mine.py"]))
    spec = registry.get("measure", "mine.py:Third")
    assert spec is registry.get("measure", "mine.py:Third")
    assert spec.place.startswith("Third (")
    assert spec.place.endswith("mine.py:6)")
    assert registry.build("measure", "mine.py:Third", {"at": "0.25"}).at == 0.25
    assert registry.build("measure", "folder/mine.py:Third".rpartition("/")[2]).at == 0.5
    with pytest.raises(UsageError, match="has no option 'att'; did you mean 'at'"):
        registry.build("measure", "mine.py:Third", {"att": 1})
    with pytest.raises(UsageError, match=r"defines no 'Thrid'; did you mean 'Third'") as caught:
        registry.get("measure", "mine.py:Thrid")
    assert caught.value.remedy == "it defines Third", "what it imports is not its own"
    for name in ("folder/mine.py:Third", "mine.py", "mine.py:", "my mine.py:Third"):
        with pytest.raises(UsageError, match=rf"{name}' is in no file .*\n.*plugins=\['FOLDER/FILE.py'\]"):
            registry.get("measure", name)
    with pytest.raises(UsageError, match=r"is defined in a file, other\.py, that was not given") as caught:
        registry.get("measure", "other.py:Third")
    assert caught.value.remedy == "add --plugin other.py; in Python: plugins=['other.py']"
    with pytest.raises(UsageError, match=r"the loss is the class Third .*mine.py:6.*gpreg.interfaces.GANLoss"):
        registry.get("loss", "mine.py:Third")


def test_a_name_of_a_session_is_not_looked_for_among_plugins(installed):
    with pytest.raises(UsageError, match="an object of the Python session") as caught:
        installed.get("dataset", "session.faces")
    assert "gpreg.open_run(PATH, dataset=...)" in caught.value.remedy

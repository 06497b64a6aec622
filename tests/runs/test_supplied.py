"""What a run keeps of files and objects, and how it asks for them again."""

import json
from pathlib import Path

import pytest
import torch

import gpreg
from gpreg.errors import UsageError
from gpreg.interfaces import Observer, Opening
from gpreg.objects import adopt
from gpreg.recipe import load, override, resolve
from gpreg.registry.files import load_files
from gpreg.runs.supplied import names_again, recorded, renewed, session_notes, supplied_again

RUN = Path("runs/0")

FILE = """
import gpreg
from gpreg.interfaces import Observer, PenaltyMeasure


class Own(PenaltyMeasure):
    needs = frozenset({"real"})

    def sample(self, batch):
        return None


class Watch(Observer):
    pass


@gpreg.hookimpl
def gpreg_measures():
    return [gpreg.MeasureSpec(name="third", factory=Own, summary="a third")]
"""


class Watch(Observer):
    def __init__(self, every: int = 1):
        self.every = every


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def installed():
    return gpreg.load_registry()


def recipe(registry, **choices):
    chosen = {f"{key}.name" if key in ("measure", "dataset") else key: value for key, value in choices.items()}
    return resolve(override(load("plane", registry), chosen, registry)[0], registry)


def test_a_file_is_recorded_with_hash_and_what_the_recipe_uses_of_it(installed, file):
    registry = installed.extended(load_files([file]))
    said = recorded(recipe(registry, measure="third", observers="mine.py:Watch,tensorboard"), registry)
    (row,) = said["plugin_files"]
    assert row == {
        "path": str(file.resolve()),
        "sha256": registry.records[-1].sha256,
        "supplies": {"measure": ["third"], "observer": ["mine.py:Watch"]},
    }
    assert said["session_objects"] == []
    assert recorded(recipe(registry), registry) == {"plugin_files": [], "session_objects": []}
    json.dumps(said)


def test_a_file_that_is_not_given_again_is_asked_for_by_its_path(installed, file):
    registry = installed.extended(load_files([file]))
    said = recorded(recipe(registry, measure="third"), registry)
    assert supplied_again(said, {}, registry, run=RUN) is registry
    with pytest.raises(UsageError, match=r"runs/0 was trained with the plugin file .*mine\.py, not given") as caught:
        supplied_again(said, {}, installed, run=RUN)
    assert f"`gpreg resume runs/0 --plugin {file.resolve()}`" in caught.value.remedy


def test_a_file_that_has_changed_is_refused_with_both_hashes_unless_that_is_wanted(installed, file):
    registry = installed.extended(load_files([file]))
    mine = recipe(registry, measure="third")
    said, before = recorded(mine, registry), registry.records[-1].sha256
    file.write_text(FILE + "\n# changed\n")
    other = installed.extended(load_files([file]))
    after = other.records[-1].sha256
    with pytest.raises(UsageError, match=f"SHA-256 was {before[:12]}, and is {after[:12]}") as caught:
        supplied_again(said, {}, other, run=RUN)
    assert "--changed-plugin" in caught.value.remedy
    wanted = installed.extended(load_files([file], any_version=True))
    assert supplied_again(said, {}, wanted, run=RUN) is wanted
    assert renewed(said, mine, registry) == {}
    (row,) = renewed(said, mine, wanted)["plugin_files"]
    assert (row["sha256"], row["before"]) == (after, [before])


def test_objects_of_a_session_are_recorded_by_kind_name_and_class(installed):
    registry, names = adopt(installed, {"dataset": torch.zeros(99, 2), "observers": [Watch, "tensorboard", Watch]})
    mine = recipe(registry, dataset=names["dataset"], observers=",".join(names["observers"]))
    said = recorded(mine, registry)
    assert said["plugin_files"] == []
    assert said["session_objects"] == [
        {"kind": "dataset", "name": "session.tensor", "class": "Tensor", "module": "torch"},
        {"kind": "observer", "name": "session.watch", "class": "Watch", "module": Watch.__module__},
        {"kind": "observer", "name": "session.watch-2", "class": "Watch", "module": Watch.__module__},
    ]
    assert names_again(said) == {"dataset": "session.tensor", "observers": ["session.watch", "session.watch-2"]}
    (note,) = session_notes(mine, registry)
    assert "of this session alone: the dataset Tensor, the observer Watch, the observer Watch;" in note
    assert "gpreg.open_run(PATH, dataset=..., observers=...)" in note


def test_an_object_without_a_name_is_told_when_training_starts(installed):
    registry, names = adopt(installed, {"dataset": lambda: torch.zeros(99, 2)})
    _, note = session_notes(recipe(registry, dataset=names["dataset"]), registry)
    assert "of a lambda nothing can be recorded: keep that of the dataset" in note


def test_an_object_that_is_not_given_again_has_a_stand_in_that_is_refused_where_it_is_built(installed):
    registry, names = adopt(installed, {"dataset": torch.zeros(99, 2)})
    mine = recipe(registry, dataset=names["dataset"])
    said = recorded(mine, registry)
    table = {"dataset": {"name": "session.tensor", **mine.dataset.options}}
    again = supplied_again(said, table, installed, run=RUN)
    assert resolve(mine, again).dataset == mine.dataset
    with pytest.raises(
        UsageError, match="trained with the dataset Tensor of torch, an object of its Python session"
    ) as e:
        again.build("dataset", "session.tensor", mine.dataset.options)
    assert e.value.remedy == "in Python: gpreg.open_run('runs/0', dataset=...)"
    given, _ = adopt(installed, {"dataset": torch.zeros(99, 2)}, names=names_again(said))
    assert supplied_again(said, table, given, run=RUN) is given
    assert given.build("dataset", "session.tensor").open(Opening()).size == 89


@pytest.mark.parametrize("rows", [[1], [{"path": "a.py"}], [{"path": 1, "sha256": "a"}], [None]])
def test_a_damaged_document_is_refused(installed, rows):
    with pytest.raises(UsageError, match=r"environment\.json of the run is damaged"):
        supplied_again({"plugin_files": rows}, {}, installed, run=RUN)


@pytest.mark.parametrize("document", [{}, {"plugin_files": None}, {"plugin_files": {}, "session_objects": "x"}])
def test_a_document_of_an_earlier_version_asks_for_nothing(installed, document):
    assert supplied_again(document, {}, installed, run=RUN) is installed
    assert names_again(document) == {}


def test_an_object_of_a_kind_that_is_unknown_is_passed_over(installed):
    rows = [{"kind": kind, "name": "session.x", "class": "X", "module": ""} for kind in ("planet", "command")]
    assert supplied_again({"session_objects": rows}, {}, installed, run=RUN) is installed
    rows = [{"kind": "dataset", "name": "mnist", "class": "X", "module": ""}]
    assert supplied_again({"session_objects": rows}, {}, installed, run=RUN) is installed

import json
import shutil

import numpy as np
import pytest
import torch

from gpreg.errors import GpregError, OptionError, PluginError, UsageError
from gpreg.evaluation.labels import LabelLaw
from gpreg.interfaces import Batch, Data, Opening, SampleSpec
from gpreg.runs.data import DATA, data_document
from gpreg.runs.plan import Supply
from gpreg.training import setup as set_up_of
from gpreg.training import watching
from gpreg.training.resumption import resume
from gpreg.training.run import start
from gpreg.training.watching import critic_gap

NAMES = tuple("abcdefghij")
HELD_OUT = {"report.gap_samples": 50}


class Points(Data):
    """A few points of the plane."""

    spec = SampleSpec(shape=(2,))

    def __init__(self, size):
        self.size = size

    def stream(self, batch_size, **others):
        raise NotImplementedError

    def take(self, n, *, rng):
        return Batch(torch.randn(n, 2, generator=rng), None)


@pytest.mark.parametrize("error", [OptionError("there is no test folder"), GpregError("out of luck")], ids=str)
def test_held_out_samples_that_cannot_be_had_are_a_note(build, monkeypatch, error, listen):
    def fail(*_):
        raise error

    monkeypatch.setattr(watching, "open_data", fail)
    told = listen()
    assert critic_gap(build("plane", HELD_OUT)) == (None, None)
    assert told == [f"Note: the critic's generalization gap is not measured: {error.message}"]


@pytest.mark.parametrize("size", [1, 2, 49])
def test_a_few_held_out_samples_give_finite_numbers(build, monkeypatch, size):
    monkeypatch.setattr(watching, "open_data", lambda *_: Points(size))
    experiment = build("plane", HELD_OUT)
    gap, held_out = critic_gap(experiment)
    assert held_out.size == size
    assert all(np.isfinite(value) for value in gap(experiment.critic).values())


def test_no_held_out_sample_is_a_note(build, monkeypatch, listen):
    monkeypatch.setattr(watching, "open_data", lambda *_: Points(0))
    told = listen()
    assert critic_gap(build("plane", HELD_OUT))[0] is None
    assert "no sample is held out" in told[0]


@pytest.fixture
def told_of(monkeypatch, registry, tiny, tmp_path, listen):
    """Train, or resume, on images that have notes; says what was told."""
    source = registry.build("dataset", "digits", {"size": 8})

    def opened(plan, split="train"):
        data = source.open(Opening(split=split, value_range=(0.0, 1.0)))
        data.notes, data.record = opened.notes, opened.record
        data.class_names, data.class_counts = NAMES, (10,) * 10
        return data

    opened.notes, opened.record = ("3 files were left out",), {"left_out": ["a.png"]}
    monkeypatch.setattr(set_up_of, "open_data", opened)
    monkeypatch.setattr(watching, "open_data", opened)

    def go(notes=None, steps=None, **choices):
        told = listen()
        opened.notes = notes or opened.notes
        if (tmp_path / "run").exists():
            resume(tmp_path / "run", Supply(registry=registry))
        else:
            recipe = tiny("digits", {"report.gap_samples": 5, "training.steps": 2, "training.batch_size": 4, **choices})
            start(Supply(registry=registry).plan(recipe), tmp_path / "run")
        return told

    go.opened, go.path = opened, tmp_path / "run"
    return go


def test_a_run_keeps_what_is_known_of_its_data(told_of, registry):
    assert "Note: 3 files were left out" in told_of()
    known = json.loads((told_of.path / DATA).read_text())
    held_out = registry.build("dataset", "digits", {"size": 8}).open(Opening(split="test")).size
    assert known == {
        "schema": 1,
        "shape": [1, 8, 8],
        "value_range": [0.0, 1.0],
        "classes": 10,
        "class_names": list(NAMES),
        "class_counts": [10] * 10,
        "size": registry.build("dataset", "digits", {"size": 8}).open(Opening()).size,
        "held_out": held_out,
        "notes": ["3 files were left out"],
        "record": {"left_out": ["a.png"]},
    }


def test_notes_are_told_again_only_when_they_changed(told_of):
    told_of(**{"report.tick": 1})

    def again(notes):
        shutil.rmtree(told_of.path / "checkpoints" / "step-000000002")
        return told_of(notes)

    assert again(("3 files were left out",)) == ["going on from generator step 1 of 2"]
    assert again(("4 files were left out",))[1:] == ["Note: 4 files were left out"]
    assert json.loads((told_of.path / DATA).read_text())["notes"] == ["4 files were left out"]
    (told_of.path / DATA).write_text("[" * 100_000)
    assert again(("4 files were left out",))[1:] == ["Note: 4 files were left out"], "nobody knows what was told"


def test_what_json_does_not_know_is_the_datasets_fault(told_of):
    told_of.opened.record = {"seen": {1, 2}}
    with pytest.raises(PluginError, match="dataset 'digits' has a record that JSON does not know"):
        told_of()
    assert not told_of.path.exists()


def test_paths_in_a_record_are_text(tmp_path):
    data = Points(3)
    data.record = {"folder": tmp_path, "sizes": (1, 2)}
    assert data_document(data, None, dataset="points")["record"] == {"folder": str(tmp_path), "sizes": [1, 2]}


@pytest.mark.parametrize("table", ["observers", "metrics"])
def test_what_cannot_be_built_is_refused_before_anything_is_written(told_of, registry, monkeypatch, table):
    name = {"observers": "tensorboard", "metrics": "classifier"}[table]
    whole = type(registry).build

    def build(self, kind, which, options=None):
        if which == name:
            raise OptionError("it cannot be")
        return whole(self, kind, which, options)

    monkeypatch.setattr(type(registry), "build", build)
    with pytest.raises(OptionError, match="it cannot be"):
        told_of(**{table: name})
    assert not told_of.path.exists()


def test_labels_as_often_as_in_the_data(build, monkeypatch, registry):
    def opened(recipe, *_):
        data = registry.build("dataset", "digits", {"size": 8}).open(Opening())
        data.class_counts = counts
        return data

    monkeypatch.setattr(set_up_of, "open_data", opened)
    choices = {"training.batch_size": 4, "training.fake_labels": "frequency"}
    counts = (90, *(1,) * 9)
    assert build("digits-resnet-stable", choices).labels == LabelLaw(classes=10, weights=counts)
    counts = None
    with pytest.raises(UsageError, match="how many samples each class has"):
        build("digits-resnet-stable", choices)

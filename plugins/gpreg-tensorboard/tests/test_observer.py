from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

import gpreg

RECIPE = {"measure": "mid", "rho": 20.0, "out": Path("runs")}


@pytest.fixture
def observer():
    return gpreg.load_registry().build("observer", "tensorboard")


def read(folder):
    events = EventAccumulator(str(folder / "tensorboard"), purge_orphaned_data=True)
    return events.Reload()


def curve(folder, name):
    return [(event.step, event.value) for event in read(folder).Scalars(name)]


def test_scalars_are_read_back(tmp_path, observer):
    observer.start(tmp_path, RECIPE, 0)
    observer.scalars(10, {"loss/critic": 0.5, "penalty": 2.0})
    observer.scalars(20, {"loss/critic": -0.25})
    observer.finish()
    assert curve(tmp_path, "loss/critic") == [(10, 0.5), (20, -0.25)]
    assert curve(tmp_path, "penalty") == [(10, 2.0)]


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_read_back_as_a_grid(tmp_path, observer, channels):
    observer.start(tmp_path, RECIPE, 0)
    observer.images(5, "samples", torch.rand(6, channels, 4, 4, generator=torch.Generator().manual_seed(0)))
    observer.finish()
    (event,) = read(tmp_path).Images("samples")
    assert event.step == 5
    assert event.encoded_image_string.startswith(b"\x89PNG")
    assert (event.height, event.width) == (4, 6 * 4)


def test_the_observer_leaves_alone_what_it_is_shown(tmp_path, observer):
    images = torch.tensor([0.0, 0.3, 1.0, 0.7]).reshape(1, 1, 2, 2)
    shown = images.clone()
    observer.start(tmp_path, RECIPE, 0)
    observer.images(1, "samples", shown)
    observer.finish()
    assert torch.equal(shown, images)


def test_the_recipe_is_noted(tmp_path, observer):
    observer.start(tmp_path, RECIPE, 0)
    observer.finish()
    (event,) = read(tmp_path).Tensors("recipe/text_summary")
    (text,) = event.tensor_proto.string_val
    assert b'"measure": "mid"' in text
    assert b'"out": "runs"' in text


def test_a_resumed_run_replaces_what_came_after_its_checkpoint(tmp_path, monkeypatch):
    # Files of one second are read in the order of a counter of the process, as text: the tenth before the second.
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))
    registry = gpreg.load_registry()
    for start, offset in ((0, 0.0), (30, 100.0)):
        observer = registry.build("observer", "tensorboard")
        observer.start(tmp_path, RECIPE, start)
        for step in range(start, start + 50, 10):
            observer.scalars(step, {"penalty": step + offset})
        observer.finish()
    expected = [(0, 0.0), (10, 10.0), (20, 20.0), (30, 130.0), (40, 140.0), (50, 150.0), (60, 160.0), (70, 170.0)]
    assert curve(tmp_path, "penalty") == expected


def test_runs_in_different_folders_are_kept_apart(tmp_path):
    for name in ("a", "b"):
        observer = gpreg.load_registry().build("observer", "tensorboard")
        observer.start(tmp_path / name, RECIPE, 0)
        observer.scalars(1, {"run": float(ord(name))})
        observer.finish()
    assert curve(tmp_path / "a", "run") == [(1, 97.0)]
    assert curve(tmp_path / "b", "run") == [(1, 98.0)]

import json
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import torch
from PIL import Image

import gpreg

pytest.importorskip("trackio", reason="the library records in a process of its own")

RECIPE = {"measure": "mid", "rho": 20.0, "out": Path("runs"), "optimizer": {"lr": float("inf")}}


def observer(**options):
    from gpreg_trackio.observer import Trackio
    from gpreg_trackio.options import TrackioOptions

    return Trackio(TrackioOptions(**options))


def rows(folder, project="gpreg"):
    """What trackio has recorded, by the name of the run: (step, values)."""
    with closing(sqlite3.connect(folder / f"{project}.db")) as database:
        found = database.execute("SELECT run_name, step, metrics FROM metrics ORDER BY step, id").fetchall()
    names = dict.fromkeys(name for name, _, _ in found)
    return {name: [(step, json.loads(text)) for other, step, text in found if other == name] for name in names}


def test_scalars_pictures_and_recipe_are_recorded_in_the_run_s_folder_and_nothing_is_looked_up(tmp_path, monkeypatch):
    (tmp_path / "guard").mkdir()
    guard = f"import socket\ndef refuse(*_):\n    open({str(tmp_path / 'asked')!r}, 'w')\n    raise OSError\n"
    (tmp_path / "guard" / "sitecustomize.py").write_text(f"{guard}socket.socket.connect = refuse\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "guard"), prepend=":")
    for name, value in {"HF_TOKEN": "hf_0", "TRACKIO_SPACE_ID": "a/b", "PYTHONWARNINGS": "error"}.items():
        monkeypatch.setenv(name, value)
    run = observer()
    run.start(tmp_path / "run", RECIPE, 0)
    run.scalars(10, {"loss/critic": 0.5, "penalty": 2.0})
    images = torch.tensor([0.0, 0.3, 1.0, 0.7]).reshape(2, 1, 1, 2)
    run.images(10, "samples", images)
    run.scalars(20, {"loss/critic": -0.25})
    run.finish()
    assert not (tmp_path / "asked").exists()
    first, picture, last = rows(tmp_path / "run" / "trackio")["run"]
    assert first == (10, {"loss/critic": 0.5, "penalty": 2.0})
    assert last == (20, {"loss/critic": -0.25})
    (path,) = (tmp_path / "run" / "trackio" / "media").rglob("*.png")
    assert picture[0] == 10
    assert picture[1]["samples"]["file_path"].endswith(path.name)
    with Image.open(path) as image:
        assert [image.getpixel((x, 0))[0] for x in range(image.width)] == [0, 76, 255, 178]
    with closing(sqlite3.connect(tmp_path / "run" / "trackio" / "gpreg.db")) as database:
        ((config,),) = database.execute("SELECT config FROM configs").fetchall()
    assert json.loads(config)["measure"] == "mid"
    assert images.flatten().tolist() == torch.tensor([0.0, 0.3, 1.0, 0.7]).tolist()


def test_runs_that_share_a_folder_are_kept_apart_and_a_resumed_one_goes_on_at_its_step(tmp_path):
    shared = {"folder": tmp_path / "all", "project": "mine"}
    together = {name: observer(**shared) for name in ("a", "b")}
    for name, each in together.items():
        each.start(tmp_path / name, RECIPE, 0)
    for step in range(10, 50, 10):
        for name, each in together.items():
            each.scalars(step, {"penalty": float(ord(name))})
    for each in together.values():
        each.finish()
    again = observer(**shared)
    again.start(tmp_path / "a", RECIPE, 20)
    again.scalars(20, {"penalty": 1.0, "modes": 8.0})  # the penalty of this step is known, the score is not
    again.scalars(30, {"penalty": 2.0})
    again.finish()
    found = rows(tmp_path / "all", "mine")
    assert found["b"] == [(step, {"penalty": 98.0}) for step in (10, 20, 30, 40)]
    assert found["a"] == [
        (10, {"penalty": 97.0}),
        (20, {"penalty": 97.0}),
        (20, {"modes": 8.0}),
        (30, {"penalty": 2.0}),
    ]


def test_a_recorder_that_fails_is_said_and_the_run_goes_on(tmp_path, listen, monkeypatch):
    told = listen()
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    run = observer()
    run.start(tmp_path / "run", RECIPE, 0)
    for step in range(3):
        run.scalars(step, {"penalty": 1.0})
        time.sleep(0.05)  # the process ends
    run.finish()
    (line,) = told
    assert line.startswith("Warning: trackio stopped recording: ")
    assert str(tmp_path / "run" / "trackio" / "run.log") in line


def test_it_is_registered_with_its_options():
    from gpreg_trackio.plugin import gpreg_observers

    (spec,) = gpreg_observers()
    assert (spec.name, spec.options) == ("trackio", "gpreg_trackio.options:TrackioOptions")
    assert gpreg.ObserverSpec(name="x", factory=spec.factory, summary="s").factory == spec.factory

import shutil
from contextlib import suppress
from functools import partial

import pytest

from gpreg.errors import UsageError
from gpreg.runs.checkpoint import Checkpoint
from gpreg.runs.folder import RunFolder, check_free
from gpreg.runs.replacement import mend, replacing_run


def everything(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.fixture
def old(new_run, tmp_path):
    folder = new_run(tmp_path / "run", "old")
    folder.stats.append({"step": 1})
    folder.checkpoints.save(Checkpoint(step=1, weights={}))
    return folder


def replace(path, fail=lambda: None, *, begin=True):
    with replacing_run(path, "new", overwrite=True) as new:
        new.folder.document("environment.json", {})
        new.folder.checkpoints.save(Checkpoint(step=0, weights={}))
        fail()
        if begin:
            new.begin()


def interrupt():
    raise KeyboardInterrupt


def test_what_fails_before_it_has_begun_leaves_what_was_there(old):
    before = everything(old.path)
    with pytest.raises(KeyboardInterrupt):
        replace(old.path, interrupt)
    assert everything(old.path) == before


def test_what_fails_in_a_new_place_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        replace(tmp_path / "deep" / "down", interrupt)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeyboardInterrupt):
        replace(tmp_path / "empty", interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert everything(tmp_path / "empty") == {}


def test_what_has_begun_stays_whatever_comes(old):
    with suppress(KeyboardInterrupt), replacing_run(old.path, "new", overwrite=True) as new:
        new.begin()
        interrupt()
    assert everything(old.path) == {"recipe.toml": b"new", "checkpoints": False, "samples": False}


def test_killed_between_any_two_operations_the_old_run_or_the_new_one_is_there(old, tmp_path, until_killed):
    before, seen = everything(old.path), set()
    for last in range(200):
        path = tmp_path / str(last)
        shutil.copytree(old.path, path)
        finished = until_killed(partial(replace, path), last)
        if not finished and (path / "recipe.toml").exists() and "new" in (path / "recipe.toml").read_text():
            new_stands = not (path / ".before").exists()
        else:
            new_stands = finished
        if not new_stands:
            with pytest.raises(UsageError, match="holds a run already"):
                check_free(path, overwrite=False)
            mend(path)
            (path / ".gpreg.lock").unlink(missing_ok=True)
            assert everything(path) == before
        else:
            mend(path)
            (path / ".gpreg.lock").unlink(missing_ok=True)
            assert RunFolder.open(path).recipe == "new"
            assert set(everything(path)) == {
                "recipe.toml",
                "checkpoints",
                "checkpoints/step-000000000",
                "checkpoints/step-000000000/manifest.json",
                "checkpoints/step-000000000/state.pt",
                "environment.json",
                "samples",
            }
        seen.add((finished, new_stands))
        if finished:
            break
    assert 10 < last < 199
    assert seen == {(False, False), (False, True), (True, True)}


def test_a_new_run_that_did_a_step_lets_go_of_the_old_one(old, monkeypatch):
    with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
        patched.setattr("gpreg.runs.replacement.put_back", lambda path: None)
        with replacing_run(old.path, "new", overwrite=True) as new:
            new.folder.stats.append({"step": 5})
            raise KeyboardInterrupt
    mend(old.path)
    assert RunFolder.open(old.path).recipe == "new"
    assert not (old.path / ".before").exists()


def test_a_run_that_never_did_a_step_is_no_obstacle(tmp_path, new_run):
    folder = new_run(tmp_path / "run", "first")
    folder.metrics.append({"step": 0, "metric": "modes", "values": {}})
    folder.checkpoints.save(Checkpoint(step=0, weights={}))
    (folder.path / ".0123456789abcdef.partial").write_text("")
    new_run(folder.path, "second")
    assert set(everything(folder.path)) == {"recipe.toml", "checkpoints", "samples"}

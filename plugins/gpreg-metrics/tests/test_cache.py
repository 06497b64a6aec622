import logging

import pytest
import torch

from gpreg_metrics.cache import Cache, Record

RECORD = Record(tensors={"a": torch.arange(6.0).view(2, 3).T, "n": torch.tensor(3)}, facts={"accuracy": 0.5, "n": 2})


def get(cache, key=None, record=RECORD):
    made = []
    found = cache.get("kind", key or {"data": "x"}, lambda: made.append(1) or record)
    return found, len(made)


def test_a_record_is_made_once_and_comes_back_whole(tmp_path):
    assert [get(Cache(tmp_path))[1] for _ in range(3)] == [1, 0, 0]
    found, _ = get(Cache(tmp_path))
    assert dict(found.facts) == dict(RECORD.facts)
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in RECORD.tensors.items())
    assert len(list(tmp_path.rglob("*.safetensors"))) == len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_another_key_is_another_record(tmp_path):
    cache = Cache(tmp_path)
    assert [get(cache, key)[1] for key in ({"data": "x"}, {"data": "y"}, {"data": "x", "n": 1})] == [1, 1, 1]


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GPREG_CACHE", str(tmp_path / "mine"))
    get(Cache())
    assert list((tmp_path / "mine").rglob("kind-*.safetensors"))


@pytest.mark.parametrize("damage", [lambda content: content[:40], lambda content: b"", lambda content: b"x" * 500])
def test_a_damaged_file_is_made_anew_with_a_warning(tmp_path, caplog, damage):
    get(Cache(tmp_path))
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level(logging.WARNING, logger="gpreg"):
        assert get(Cache(tmp_path))[1] == 1
    assert f"{path} is damaged" in caplog.text
    assert get(Cache(tmp_path))[1] == 0


def test_a_folder_that_cannot_be_written_to_costs_a_warning(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING, logger="gpreg"):
        found, made = get(Cache(tmp_path / "file"))
    assert (found, made) == (RECORD, 1)
    assert "cache=DIR" in caplog.text


def test_an_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        get(Cache(tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

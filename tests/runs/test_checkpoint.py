import json
import math
import os
import pickle
import shutil
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from gpreg.errors import CheckpointError, ExitCode, StorageError
from gpreg.runs.checkpoint import Checkpoint, Score
from gpreg.runs.checkpoints import Checkpoints

DTYPES = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
]


def checkpoint(step, number=None, better="higher"):
    score = None if number is None else Score(metric="modes", value="share", number=number, better=better)
    rng = torch.Generator().manual_seed(step)
    weights = {name: {"weight": torch.randn(4, 3, generator=rng)} for name in ("generator", "critic")}
    return Checkpoint(step=step, weights=weights, state={"count": step, "rng": rng.get_state()}, score=score)


def same(one, other):
    if isinstance(one, torch.Tensor):
        as_bytes = (one.contiguous().view(-1).view(torch.uint8), other.contiguous().view(-1).view(torch.uint8))
        return one.dtype == other.dtype and one.shape == other.shape and torch.equal(*as_bytes)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def equal(one, other):
    return (one.step, one.score) == (other.step, other.score) and all(
        same({**getattr(one, part)}, {**getattr(other, part)}) for part in ("weights", "state")
    )


def steps(checkpoints):
    return sorted(int(path.name.removeprefix("step-")) for path in checkpoints.folder.iterdir())


def forge(folder, name, write):
    """Replace a file and say so in the manifest, as somebody would who wants it to be read."""
    write(folder / name)
    manifest = json.loads((folder / "manifest.json").read_text())
    content = (folder / name).read_bytes()
    manifest["files"][name] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


@pytest.fixture
def two(checkpoints):
    for step in (1, 2):
        checkpoints.save(checkpoint(step))
    return checkpoints


class TestRoundTrip:
    @pytest.mark.parametrize("dtype", DTYPES, ids=str)
    def test_tensors_of_every_type_come_back_bit_for_bit(self, checkpoints, dtype):
        values = torch.randint(0, 2 if dtype == torch.bool else 100, (3, 2, 5)).to(dtype)
        if dtype.is_floating_point:
            values[0, 0] = torch.tensor([math.nan, math.inf, -math.inf, -0.0, torch.finfo(dtype).tiny])
        tensors = {"a": values, "transposed": values.transpose(0, 2), "scalar": values[0, 0, 0], "none": values[:0]}
        saved = Checkpoint(step=3, weights={"generator": tensors}, state={"tensors": tensors})
        checkpoints.save(saved)
        assert equal(checkpoints.load(), saved)

    def test_images_with_channels_innermost_and_shared_tensors(self, checkpoints):
        images = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
        saved = Checkpoint(step=0, weights={"critic": {"a": images, "b": images, "part": images[0]}})
        checkpoints.save(saved)
        assert same(checkpoints.load().weights["critic"], saved.weights["critic"])

    def test_state_of_every_kind(self, checkpoints):
        parameter = torch.nn.Parameter(torch.randn(3))
        optimizer = torch.optim.AdamW([parameter], lr=0.1, betas=(0.5, 0.9))
        parameter.sum().backward()
        optimizer.step()
        state = {
            "optimizer": optimizer.state_dict(),
            "nested": [1, 2.5, "für", None, True, {"deep": (1, [2])}],
            "rng": torch.get_rng_state(),
            7: -math.inf,
        }
        checkpoints.save(Checkpoint(step=12, weights={}, state=state))
        assert same(checkpoints.load().state, state)

    @pytest.mark.parametrize("number", [0.1 + 0.2, math.inf, 1e-300])
    def test_the_score_comes_back(self, checkpoints, number):
        checkpoints.save(checkpoint(1, number))
        assert checkpoints.load().score == checkpoint(1, number).score
        assert checkpoints.best_score() == checkpoint(1, number).score

    def test_gradients_are_not_kept(self, checkpoints):
        weight = torch.ones(2, requires_grad=True)
        checkpoints.save(Checkpoint(step=0, weights={"critic": {"weight": weight * 2}}))
        assert not checkpoints.load().weights["critic"]["weight"].requires_grad


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def lengthen(path):
    path.write_bytes(path.read_bytes() + b"\0")


FILES = ["generator.safetensors", "critic.safetensors", "state.pt"]


class TestDamage:
    @pytest.mark.parametrize("name", FILES)
    @pytest.mark.parametrize("damage", [truncate, empty, flip, lengthen, Path.unlink])
    def test_falls_back_to_the_one_before_and_says_so(self, two, name, damage, listen):
        damage(two.folder / "step-000000002" / name)
        told = listen()
        assert equal(two.load(), checkpoint(1))
        assert len(told) == 1
        assert "step-000000002" in told[0]
        assert "damaged" in told[0]
        assert told[0].endswith("trying the one before")

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "\0",
            "[]",
            "null",
            "7",
            "{}",
            '"files"',
            '{"step": 2}',
            '{"step": 2, "files": []}',
            '{"step": 2, "files": {}, "score": null}',
            '{"step": 2, "files": {"../step-000000001/state.pt": 1}, "score": null}',
            '{"step": "2", "files": null, "score": null}',
        ],
    )
    def test_a_manifest_that_is_none(self, two, content, listen):
        (two.folder / "step-000000002" / "manifest.json").write_text(content)
        told = listen()
        assert two.load().step == 1
        assert len(told) == 1

    def test_a_manifest_of_bytes_that_are_no_text(self, two):
        (two.folder / "step-000000002" / "manifest.json").write_bytes(b"\xff\xfe{")
        assert two.load().step == 1

    def test_a_manifest_without_any_of_its_keys(self, two):
        path = two.folder / "step-000000002" / "manifest.json"
        whole = json.loads(path.read_text())
        for key in ("step", "files", "score"):
            path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
            assert two.load().step == 1

    @settings(max_examples=20)
    @given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
    def test_no_flipped_bit_of_the_manifest_makes_another_state(self, tmp_path_factory, place, bit):
        checkpoints = Checkpoints(tmp_path_factory.mktemp("checkpoints"))
        for step in (1, 2):
            checkpoints.save(checkpoint(step))
        path = checkpoints.folder / "step-000000002" / "manifest.json"
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= 1 << bit
        path.write_bytes(bytes(content))
        loaded = checkpoints.load()
        assert equal(loaded, checkpoint(loaded.step))

    def test_all_damaged(self, two, listen):
        for step in (1, 2):
            truncate(two.folder / f"step-00000000{step}" / "state.pt")
        told = listen()
        with pytest.raises(CheckpointError, match="step-000000002, step-000000001 damaged") as error:
            two.load()
        assert error.value.exit_code == ExitCode.FAILED
        assert error.value.remedy == "start the run anew"
        assert len(told) == 2

    def test_none_at_all(self, checkpoints):
        with pytest.raises(CheckpointError, match="there is none"):
            checkpoints.load()

    def test_one_that_is_asked_for_by_its_step_is_that_or_none(self, two):
        assert equal(two.find(1), checkpoint(1))
        with pytest.raises(CheckpointError, match="no checkpoint of step 7; kept are 2, 1"):
            two.find(7)
        truncate(two.folder / "step-000000002" / "state.pt")
        with pytest.raises(CheckpointError, match="damaged"):
            two.find(2)


class Malice:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


class TestNothingIsExecuted:
    @pytest.mark.parametrize(
        "write",
        [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing))],
        ids=["torch.save", "pickle"],
    )
    @pytest.mark.parametrize("name", ["state.pt", "critic.safetensors"])
    def test_code_in_a_file_is_refused(self, two, tmp_path, name, write, listen):
        mark = tmp_path / "executed"
        forge(two.folder / "step-000000002", name, lambda path: write({"state": Malice(mark)}, path))
        told = listen()
        assert equal(two.load(), checkpoint(1))
        assert not mark.exists()
        assert len(told) == 1
        assert "weights_only" not in told[0], "nobody is told how to execute it all the same"
        assert "\n" not in told[0]

    def test_what_is_forged_well_is_read(self, two):
        forged = {"weight": torch.zeros(1)}
        forge(two.folder / "step-000000002", "critic.safetensors", lambda path: save_file(forged, path))
        assert same(two.load().weights["critic"], forged)


class TestWhatIsKept:
    def test_the_newest_two(self, checkpoints):
        for step in (5, 10, 15, 20):
            checkpoints.save(checkpoint(step))
        assert steps(checkpoints) == [15, 20]
        assert checkpoints.best() is None
        assert checkpoints.best_score() is None

    @pytest.mark.parametrize(("better", "best"), [("higher", 10), ("lower", 15)])
    def test_and_the_best(self, checkpoints, better, best):
        for step, number in {5: 0.5, 10: 0.9, 15: 0.1, 20: 0.7, 25: 0.8, 30: 0.6}.items():
            checkpoints.save(checkpoint(step, number, better))
        assert steps(checkpoints) == [best, 25, 30]
        assert checkpoints.best() == checkpoints.folder / f"step-{best:09d}"

    def test_the_newest_of_equally_good_ones(self, checkpoints):
        for step, number in {5: 0.5, 10: 0.5, 15: 0.1, 20: None, 25: 0.2}.items():
            checkpoints.save(checkpoint(step, number))
        assert steps(checkpoints) == [10, 20, 25]

    def test_a_score_of_another_kind_begins_anew(self, checkpoints):
        checkpoints.save(checkpoint(5, 1.0))
        other = Score(metric="w1", value="w1", number=3.0, better="lower")
        for step in (10, 15, 20):
            checkpoints.save(Checkpoint(step=step, weights={}, score=other if step == 10 else None))
        assert checkpoints.best_score() == other
        assert steps(checkpoints) == [10, 15, 20]

    @settings(max_examples=10)
    @given(numbers=st.lists(st.one_of(st.none(), st.floats(-1, 1)), min_size=1, max_size=8), higher=st.booleans())
    def test_the_best_of_all_is_always_there(self, tmp_path_factory, numbers, higher):
        checkpoints = Checkpoints(tmp_path_factory.mktemp("checkpoints"))
        better = "higher" if higher else "lower"
        for step, number in enumerate(numbers):
            score = None if number is None else Score(metric="m", value="v", number=number, better=better)
            checkpoints.save(Checkpoint(step=step, weights={}, score=score))
        scored = [number for number in numbers if number is not None]
        found = checkpoints.best_score()
        assert (found.number if found else None) == (max if higher else min)(scored, default=None)
        assert set(range(len(numbers))[-2:]) <= set(steps(checkpoints))
        assert len(steps(checkpoints)) <= 3

    def test_what_is_newer_is_forgotten(self, two):
        two.save(checkpoint(3))
        truncate(two.folder / "step-000000003" / "state.pt")
        (two.folder / ".step-000000004.partial").mkdir()
        (two.folder / ".step-000000001.removed.partial").mkdir()
        two.forget_after(2)
        assert [path.name for path in two.folder.iterdir()] == ["step-000000002"]

    def test_the_same_step_again_replaces_it(self, two):
        again = Checkpoint(step=2, weights={}, state={"again": True})
        two.save(again)
        assert equal(two.load(), again)
        assert steps(two) == [1, 2]

    def test_other_folders_are_left_alone(self, two):
        for name in ("notes", "step-x", "step-3.backup"):
            (two.folder / name).mkdir()
        for step in (5, 6, 7):
            two.save(checkpoint(step))
        two.forget_after(6)
        assert {path.name for path in two.folder.iterdir()} == {"notes", "step-x", "step-3.backup", "step-000000006"}


class TestInterruptedWriting:
    @pytest.mark.parametrize("room", [0, 100, 400, 1000])
    def test_a_full_disk_leaves_the_ones_before(self, two, full_disk, room):
        big = Checkpoint(step=3, weights=checkpoint(3).weights, state={"much": torch.zeros(10_000)})
        with full_disk(room), pytest.raises(StorageError, match=r"cannot write .*step-000000003") as error:
            two.save(big)
        assert error.value.exit_code == ExitCode.FAILED
        assert equal(two.load(), checkpoint(2))
        assert steps(two) == [1, 2]
        two.save(big)
        assert equal(two.load(), big)

    def test_a_disk_that_fills_up_when_flushed(self, two, failing_fsync):
        with failing_fsync(), pytest.raises(StorageError):
            two.save(checkpoint(3))
        assert equal(two.load(), checkpoint(2))
        assert steps(two) == [1, 2]

    def test_every_file_is_on_the_disk_before_the_checkpoint_takes_its_place(self, checkpoints, monkeypatch):
        flushed, fsync = [], os.fsync

        def note(descriptor):
            status = os.fstat(descriptor)
            flushed.append((status.st_dev, status.st_ino))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", note)
        replace = Path.replace

        def rename(path, target):
            if target.name == "step-000000001":
                things = [path, *path.iterdir()]
                assert {(thing.stat().st_dev, thing.stat().st_ino) for thing in things} == set(flushed)
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", rename)
        target = checkpoints.save(checkpoint(1))
        folder = target.parent.stat()
        assert flushed[-1] == (folder.st_dev, folder.st_ino), "and so is its name"

    def test_an_unwritable_folder(self, unwritable):
        with pytest.raises(StorageError, match="ermission denied"):
            Checkpoints(unwritable).save(checkpoint(1))

    def test_what_cannot_be_removed_is_reported(self, two, monkeypatch):
        monkeypatch.setattr(shutil, "rmtree", lambda *arguments, **keywords: os.rmdir("/nowhere/at/all"))
        with pytest.raises(StorageError):
            two.save(checkpoint(3))
        assert two.load().step == 3

    def test_killed_between_any_two_operations_one_whole_state_is_found(self, tmp_path, until_killed):
        for last in range(100):
            checkpoints = Checkpoints(tmp_path / str(last))
            checkpoints.save(checkpoint(1, 0.9))
            checkpoints.save(checkpoint(2, 0.1))
            checkpoints.save(checkpoint(3, 0.2))
            finished = until_killed(partial(checkpoints.save, checkpoint(4, 0.3)), last)
            loaded = checkpoints.load()
            assert equal(loaded, checkpoint(4, 0.3)) or equal(loaded, checkpoint(3, 0.2))
            assert checkpoints.best_score().number == 0.9
            checkpoints.forget_after(loaded.step)
            checkpoints.save(checkpoint(5))
            assert steps(checkpoints) == [1, loaded.step, 5]
            if finished:
                break
        assert 10 < last < 99, "every operation was the last one once"

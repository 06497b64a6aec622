"""Runs that are extended, begun from another's weights, refused, or could not begin."""

import json
import math
import os
import shutil

import pytest
import safetensors.torch
import torch

from gpreg.cli.main import main
from gpreg.errors import AssumptionViolated, CheckpointError, ExitCode, UsageError
from gpreg.interfaces import Observer
from gpreg.runs.folder import RunFolder
from gpreg.runs.lock import writing
from gpreg.runs.plan import Supply
from gpreg.training import trainer
from gpreg.training.game import Game
from gpreg.training.resumption import Wishes, resume
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures

CHOICES = {
    "training.steps": 6,
    "report.tick": 2,
    "report.score_ticks": 1,
    "metrics": "modes",
    "average.halflife_kimg": 0.1,
    "schedule.name": "constant",
}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(SamplePictures, "draw", lambda self, step: iter(()))


@pytest.fixture
def train(tiny, registry, tmp_path):
    def run(name="run", choices=None, **others):
        recipe = tiny("plane", {**CHOICES, **(choices or {})})
        start(Supply(registry=registry).plan(recipe), tmp_path / name, **others)
        return RunFolder(tmp_path / name)

    return run


@pytest.fixture
def go_on(registry, listen):
    def run(folder, **wishes):
        told = listen()
        resume(folder.path, Supply(registry=registry), wishes=Wishes(**wishes))
        return told

    return run


def sign(checkpoint):
    """Make the manifest true of the files."""
    from hashlib import sha256

    manifest = json.loads((checkpoint / "manifest.json").read_text())
    for name in manifest["files"]:
        content = (checkpoint / name).read_bytes()
        manifest["files"][name] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    (checkpoint / "manifest.json").write_text(json.dumps(manifest))


def back(folder, step=4):
    """As if the run had been stopped at a step."""
    for path in folder.checkpoints.folder.iterdir():
        if int(path.name[5:]) > step:
            shutil.rmtree(path)
    return folder.checkpoints.folder / f"step-{step:09d}"


class TestSteps:
    @pytest.mark.parametrize("complete", [True, False])
    def test_an_extended_run_ends_as_one_that_was_as_long_from_the_start(self, train, go_on, ends, complete):
        whole = ends(train("whole", {"training.steps": 10}).path)
        folder = train()
        if not complete:
            back(folder)
        assert go_on(folder, steps=10)[0] == f"going on from generator step {6 if complete else 4} of 10"
        assert ends(folder.path) == whole
        assert "steps = 10" in folder.recipe

    def test_the_recipe_of_an_extended_run_makes_the_same_weights(self, train, go_on, registry, ends, tmp_path):
        folder = train(choices={"schedule.name": "linear"})
        assert "begins anew" in go_on(folder, steps=9)[1]
        from gpreg.recipe import load

        again = tmp_path / "again"
        start(Supply(registry=registry).plan(load(folder.path / "recipe.toml", registry)), again)
        assert ends(again)["weights"] == ends(folder.path)["weights"]

    def test_steps_that_are_done(self, train, go_on):
        folder = train()
        before = folder.recipe
        with pytest.raises(UsageError, match="--steps 6 is not above the 6 generator steps that are done"):
            go_on(folder, steps=6)
        assert folder.recipe == before


class TestInit:
    def test_weights_are_taken_and_the_rest_is_new(self, train, tmp_path):
        origin = train("origin")
        taken = origin.checkpoints.load()
        for init in (origin.path, origin.checkpoints.folder / "step-000000006"):
            folder = train(f"from {init.name}", {"training.seed": 3, "report.checkpoint_ticks": 9}, init=init)
            first = folder.checkpoints.find(0)
            for name in ("generator", "critic", "average"):
                assert all(torch.equal(first.weights[name][key], t) for key, t in taken.weights[name].items())
            assert first.state["optimizers"]["critic"]["state"] == {}
            told = json.loads((folder.path / "environment.json").read_text())["init"]
            assert told == {"run": str(init), "step": 6}

    def test_without_an_average_there_it_begins_at_the_generator(self, train):
        origin = train("origin", {"average.halflife_kimg": 0})
        first = train(choices={"report.checkpoint_ticks": 9}, init=origin.path).checkpoints.find(0)
        generator = origin.checkpoints.load().weights["generator"]
        assert all(torch.equal(first.weights["average"][key], tensor) for key, tensor in generator.items())

    def test_other_networks_are_named_and_nothing_is_left(self, train, tmp_path):
        origin = train("origin")
        with pytest.raises(UsageError, match=r"--init .* other networks .*weight.* of generator has the shape \(8, "):
            train(choices={"architecture.width": 8}, init=origin.path)
        assert not (tmp_path / "run").exists()
        with pytest.raises(UsageError, match="is not a run folder"):
            train(init=tmp_path / "nothing")


class TestStrict:
    @pytest.fixture
    def folder(self, train):
        folder = train(strict=True)
        back(folder)
        return folder

    def violate(self, folder):
        document = folder.read_document("checks.json")
        folder.document("checks.json", {**document, "conclusion": {"outcome": "violated", "text": "6c is violated"}})

    def test_it_is_kept(self, folder, go_on, monkeypatch):
        seen = []
        monkeypatch.setattr(trainer.Trainer, "run", lambda own: seen.append(own._strict))
        go_on(folder)
        go_on(folder, strict=False)
        go_on(folder)
        assert seen == [True, False, False]

    def test_what_was_found_violated_does_not_go_on(self, folder, go_on):
        self.violate(folder)
        with pytest.raises(AssumptionViolated, match="6c is violated") as error:
            go_on(folder)
        assert error.value.exit_code == ExitCode.ASSUMPTION
        go_on(folder, strict=False)
        assert folder.checkpoints.load().step == 6


class Failing(Observer):
    def start(self, folder, recipe, step):
        raise OSError(28, "No space left on device")


class TestBeginning:
    @pytest.mark.parametrize("old", [True, False])
    @pytest.mark.parametrize("what", ["an observer", "the first step", "the first save"])
    def test_a_run_that_could_not_begin_leaves_what_was_there(self, train, tmp_path, monkeypatch, ends, what, old):
        before = ends(train().path) if old else None
        with monkeypatch.context() as patched:
            if what == "the first step":
                patched.setattr(Game, "play", lambda game, step: 1 / 0)
            if what == "the first save":
                patched.setattr(trainer, "capture", lambda *_: 1 / 0)
            with pytest.raises((OSError, ZeroDivisionError)):
                train(
                    choices={"training.seed": 1}, observers=[Failing()] if what == "an observer" else [], overwrite=old
                )
        if old:
            assert ends(tmp_path / "run") == before
        else:
            assert not (tmp_path / "run").exists()
        train(choices={"training.seed": 1}, overwrite=old)

    def test_a_run_without_a_checkpoint_starts_from_its_beginning(self, train, go_on, ends):
        whole = ends(train("whole").path)
        folder = train()
        shutil.rmtree(folder.checkpoints.folder)
        folder.checkpoints.folder.mkdir()
        with pytest.raises(CheckpointError, match="there is none") as error:
            go_on(folder)
        assert "--overwrite` starts the run anew" in error.value.remedy
        folder.stats.path.unlink(), folder.metrics.path.unlink()
        assert "never did a step" in go_on(folder)[0]
        assert ends(folder.path) == whole

    def test_going_on_from_the_first_checkpoint_takes_no_score_twice(self, train, go_on, ends):
        whole = ends(train("whole", {"report.checkpoint_ticks": 0, "metrics": "wasserstein"}).path)
        folder = train(choices={"report.checkpoint_ticks": 0, "metrics": "wasserstein"})
        back(folder, 0)
        if folder.checkpoints.steps() == [0]:
            go_on(folder)
        assert ends(folder.path) == whole


class TestOneWriter:
    def test_of_a_run_that_is_written(self, train, go_on):
        folder = train()
        back(folder)
        with writing(folder.path):
            for attempt in (lambda: go_on(folder), lambda: train(overwrite=True)):
                with pytest.raises(UsageError, match=f"another process writes to .*: process {os.getpid()}"):
                    attempt()
        assert folder.checkpoints.load().step == 4


class TestStrangers:
    def test_a_state_of_the_wrong_size(self, train, go_on, capsys):
        folder = train()
        checkpoint = back(folder)
        state = torch.load(checkpoint / "state.pt", weights_only=True)
        for kept in state["optimizers"]["generator"]["state"].values():
            kept["exp_avg"] = torch.zeros(1)
        torch.save(state, checkpoint / "state.pt")
        sign(checkpoint)
        assert main(["resume", str(folder.path)]) == ExitCode.USAGE
        assert "exp_avg of generator_optimizer has the shape" in capsys.readouterr().err

    def test_weights_that_are_nan(self, train, capsys):
        folder = train()
        checkpoint = back(folder)
        tensors = safetensors.torch.load_file(checkpoint / "critic.safetensors")
        name = next(iter(tensors))
        tensors[name] = tensors[name] * math.nan
        (checkpoint / "critic.safetensors").write_bytes(safetensors.torch.save(tensors))
        sign(checkpoint)
        for command in ("resume", "sample"):
            words = ["--out", str(folder.path.with_name("x.npz"))] if command == "sample" else []
            assert main([command, str(folder.path), *words]) == ExitCode.FAILED
            told = capsys.readouterr().err
            assert f"{name} of critic is NaN or infinite in the checkpoint" in told
            assert "plugin" not in told

    @pytest.mark.parametrize("name", ["recipe.toml", "stats.jsonl", "metrics.jsonl", "samples", "checkpoints"])
    def test_a_link_is_refused_and_what_it_leads_to_untouched(self, train, tmp_path, name, capsys):
        folder = train()
        back(folder)
        outside = tmp_path / "outside"
        (folder.path / name).rename(outside)
        (folder.path / name).symlink_to(outside)
        before = {path: path.is_file() and path.read_bytes() for path in [outside, *outside.rglob("*")]}
        for command in (["resume"], ["evaluate"], ["sample", "--out", str(tmp_path / "s.npz")]):
            assert main([command[0], str(folder.path), *command[1:]]) == ExitCode.USAGE
            assert f"{name} is a link" in capsys.readouterr().err
        assert {path: path.is_file() and path.read_bytes() for path in [outside, *outside.rglob("*")]} == before

    def test_the_folder_itself_may_be_one(self, train, go_on, tmp_path):
        folder = train()
        back(folder)
        (tmp_path / "latest").symlink_to(folder.path)
        go_on(RunFolder(tmp_path / "latest"))
        assert folder.checkpoints.load().step == 6

    def test_a_recipe_that_is_no_text(self, train, capsys):
        folder = train()
        (folder.path / "recipe.toml").write_bytes(b'summary = "\xff"')
        assert main(["resume", str(folder.path)]) == ExitCode.USAGE
        assert "is no UTF-8 text" in capsys.readouterr().err

    def test_names_that_are_too_long(self, capsys):
        for words in (
            ["resume", "x" * 300],
            ["train", "plane", "--out", "x" * 300],
            ["sample", "x" * 300, "--out", "a.npz"],
        ):
            assert main(words) == ExitCode.USAGE
            assert "longer than the file system allows" in capsys.readouterr().err

    def test_what_killed_processes_left_is_cleared(self, train, go_on):
        folder = train()
        back(folder)
        for place in (folder.path, folder.samples, folder.checkpoints.folder):
            (place / ".step-000000004.removed.partial").mkdir()
            (place / ".0123456789abcdef.partial").write_text("half")
        go_on(folder)
        assert not list(folder.path.rglob("*.partial"))

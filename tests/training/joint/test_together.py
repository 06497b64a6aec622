"""Folders of runs that were trained jointly: left at any point, resumed alone or together."""

import json
import os
import shutil
import signal

import pytest
import torch

from gpreg.errors import DivergenceError, InterruptedRun, UsageError
from gpreg.runs.folder import RunFolder
from gpreg.runs.lock import writing
from gpreg.runs.plan import Supply
from gpreg.training.joint.game import JointGame
from gpreg.training.joint.together import train_together
from gpreg.training.resumption import resume
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures

CHOICES = {
    "training.steps": 10,
    "training.batch_size": 8,
    "report.tick": 4,
    "report.score_ticks": 1,
    "metrics": "modes",
    "loss": {"name": "non-saturating"},
}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(SamplePictures, "draw", lambda self, step: iter(()))


@pytest.fixture
def plans(tiny, registry):
    def make(*varied):
        return [Supply(registry=registry).plan(tiny("plane", {**CHOICES, **each})) for each in varied]

    return make


@pytest.fixture
def alike():
    """Asserts that two folders agree up to roundoff."""

    def check(one, other):
        first, second = RunFolder.open(one), RunFolder.open(other)
        ours, theirs = first.checkpoints.load(), second.checkpoints.load()
        assert ours.step == theirs.step == 10
        torch.testing.assert_close(ours.weights, theirs.weights, rtol=1e-4, atol=1e-5)
        for mine, others in ((first.stats.read(), second.stats.read()), (first.metrics.read(), second.metrics.read())):
            assert [row["step"] for row in mine] == [row["step"] for row in others]
            assert [row.keys() for row in mine] == [row.keys() for row in others]
        for a, b in zip(first.stats.read(), second.stats.read(), strict=True):
            assert a["critic_loss"] == pytest.approx(b["critic_loss"], rel=1e-4)
            assert (a["critic_lr"], a["steps"]) == (b["critic_lr"], b["steps"])
        assert first.metrics.read()[-1]["values"] == pytest.approx(second.metrics.read()[-1]["values"], abs=0.02)

    return check


def interrupted_at(monkeypatch, step):
    play = JointGame.play

    def playing(self, at):
        if at + 1 == step:
            os.kill(os.getpid(), signal.SIGTERM)
        return play(self, at)

    monkeypatch.setattr(JointGame, "play", playing)


def test_folders_are_those_of_each_run_alone(plans, alike, tmp_path):
    made = plans({"training.seed": 0}, {"training.seed": 1, "penalty.rho": 3.0})
    for index, plan in enumerate(made):
        start(plan, tmp_path / f"alone-{index}")
    told = train_together([(plan, tmp_path / f"joint-{index}") for index, plan in enumerate(made)])
    assert [folder.path.name for folder in told] == ["joint-0", "joint-1"]
    for index in (0, 1):
        alike(tmp_path / f"joint-{index}", tmp_path / f"alone-{index}")
        names = [{path.name for path in (tmp_path / f"{how}-{index}").iterdir()} for how in ("alone", "joint")]
        assert names[0] == names[1]
        assert json.loads((tmp_path / f"joint-{index}" / "environment.json").read_text())["together"] == 2
    assert [folder.path for folder in train_together([(made[0], tmp_path / "joint-0")])] == [tmp_path / "joint-0"]


def test_interrupted_in_a_tick_then_one_alone_and_all_jointly(plans, alike, tmp_path, monkeypatch, registry):
    made = plans({"training.seed": 0}, {"training.seed": 1}, {"training.seed": 2})
    whole = [(plan, tmp_path / f"whole-{index}") for index, plan in enumerate(made)]
    left = [(plan, tmp_path / f"left-{index}") for index, plan in enumerate(made)]
    train_together(whole)
    with monkeypatch.context() as patch:
        interrupted_at(patch, 6)
        errors = train_together(left)
    assert all(isinstance(error, InterruptedRun) and "after generator step 6" in str(error) for error in errors)
    resume(left[0][1], Supply(registry=registry))
    alike(left[0][1], whole[0][1])
    last = left[1][1] / "checkpoints" / "step-000000006"  # as if it had been killed before it was saved
    shutil.rmtree(last)
    train_together(left)
    for (_, ours), (_, theirs) in zip(left, whole, strict=True):
        alike(ours, theirs)


def test_a_run_that_diverges_and_one_that_is_locked_leave_the_others(plans, alike, tmp_path):
    made = plans({"training.seed": 0}, {"penalty.rho": 1e38}, {"training.seed": 2})
    start(made[0], tmp_path / "alone")
    (tmp_path / "run-2").mkdir()
    with writing(tmp_path / "run-2"):
        told = train_together([(plan, tmp_path / f"run-{index}") for index, plan in enumerate(made)])
    assert isinstance(told[1], DivergenceError)
    assert isinstance(told[2], UsageError)
    assert "another process writes" in str(told[2])


def test_three_of_which_one_diverges(plans, alike, tmp_path):
    made = plans({"training.seed": 0}, {"penalty.rho": 1e38}, {"training.seed": 2})
    start(made[0], tmp_path / "alone")
    told = train_together([(plan, tmp_path / f"run-{index}") for index, plan in enumerate(made)])
    assert [type(each) for each in told] == [RunFolder, DivergenceError, RunFolder]
    alike(tmp_path / "run-0", tmp_path / "alone")


def test_what_cannot_be_joined_is_trained_alone_and_says_why(plans, ends, tmp_path, listen):
    made = plans({}, {"measure": {"name": "latent-path"}}, {"architecture": {"width": 12}})
    start(made[0], tmp_path / "alone")
    said = listen()
    told = train_together([(plan, tmp_path / f"run-{index}") for index, plan in enumerate(made)])
    assert all(isinstance(each, RunFolder) for each in told)
    assert "run-1 is trained by itself: its measure has parameters of its own" in said
    assert "runs are trained one after another: their generators differ" in said
    assert ends(tmp_path / "run-0") == ends(tmp_path / "alone")  # bit for bit


def test_an_error_in_a_step_ends_all_that_are_in_it(plans, tmp_path, monkeypatch):
    def broken(self, at):
        raise UsageError("a measure is at fault")

    monkeypatch.setattr(JointGame, "play", broken)
    made = plans({"training.seed": 0}, {"training.seed": 1})
    told = train_together([(plan, tmp_path / f"run-{index}") for index, plan in enumerate(made)])
    assert [str(error) for error in told] == ["a measure is at fault"] * 2
    assert list(tmp_path.iterdir()) == []  # nothing had begun

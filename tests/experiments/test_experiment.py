"""An experiment: complete, frozen, and the same as the command line's."""

import dataclasses
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

import gpreg
from gpreg.errors import AssumptionViolated, NotDownloaded, UsageError
from gpreg.experiments.experiment import Experiment
from gpreg.interfaces import Observer
from gpreg.recipe import read
from gpreg.registry.registry import Registry

SHORT = {"steps": 4, "metrics": [], "report": {"tick": 2, "gap_samples": 0, "check_samples": 0, "picture_ticks": 0}}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def short():
    return gpreg.experiment("plane", measure="mid", **SHORT)


class TestWhatItIs:
    def test_a_recipe_by_name_by_file_as_itself_and_by_the_architecture(self, short):
        Path("mine.toml").write_text(short.toml)
        for recipe in ("mine.toml", Path("mine.toml"), Path("mine.toml").absolute(), short.recipe):
            assert gpreg.experiment(recipe).recipe == short.recipe
        assert gpreg.experiment(architecture="mlp", measure="gp").recipe.measure.name == "gp"
        with pytest.raises(UsageError, match="nothing says what to train"):
            gpreg.experiment(measure="gp")

    def test_the_text_of_its_recipe_is_the_command_lines(self, short, call):
        words = ["--measure", "mid", "--steps", "4", "--metric", "none"]
        words += [word for key in SHORT["report"] for word in ("--set", f"report.{key}={SHORT['report'][key]}")]
        assert call("train", "plane", *words, "--dry-run").out == short.toml
        assert read(short.toml, origin="", registry=gpreg.load_registry()) is not None

    def test_it_does_not_change(self, short):
        with pytest.raises(dataclasses.FrozenInstanceError):
            short.plan = None
        other = short.with_(rho=3.0, measure="dragan").recipe
        assert (other.measure.name, other.form.name, other.penalty.rho) == ("dragan", "one-centered", 3.0)
        assert short.recipe.measure.name == "mid"

    def test_it_is_printed_in_one_line(self, short):
        assert repr(short) == "Experiment(mid / squared / wasserstein / mlp / 8gaussians, rho = 0.5, 4 steps)"

    def test_what_rho_was_chosen_for(self, short):
        assert gpreg.experiment("plane").chosen_for is None
        assert gpreg.experiment("plane", measure="gp", rho=2).chosen_for is None
        other = gpreg.experiment("plane", measure="gp").with_(steps=3)
        assert other.chosen_for.measure == gpreg.experiment("plane").recipe.measure
        assert other.with_(rho=2.0).chosen_for is None

    def test_what_is_dropped_is_told(self, listen):
        told = listen()
        gpreg.experiment("plane", optimizer="SGD")
        assert any(line.startswith("Note: critic_optimizer: SGD replaces Adam") for line in told)


class TestBeforeTraining:
    def test_costs_and_rehearsal_write_nothing(self, short, elsewhere):
        data = short.rehearse()
        assert short.costs(data) == short.costs()
        assert list(elsewhere.iterdir()) == []

    def test_a_rehearsal_refuses_what_training_would(self, short):
        Path("there").mkdir()
        Path("there/file").touch()
        for way in (short.rehearse, short.train):
            with pytest.raises(UsageError, match="is no run folder"):
                way("there")
        with pytest.raises(UsageError, match="not a run folder"):
            short.rehearse(init="nowhere")
        with pytest.raises(NotDownloaded):
            gpreg.experiment("kim-cifar10-dcgan", data_root="empty").rehearse()

    def test_theory_answers(self, short):
        some = short.with_(set={"report.check_samples": 32})
        assert some.check().said["theory"].details.conclusion.text
        assert len(some.stability(modes=2).ratios) == 2

    @pytest.mark.parametrize("ask", [Experiment.check, Experiment.stability])
    def test_without_theory_it_is_said_what_to_install(self, ask):
        installed = gpreg.load_registry().records
        registry = Registry(tuple(record for record in installed if record.name != "theory"))
        with pytest.raises(UsageError, match="pip install gpreg-theory"):
            ask(gpreg.experiment("plane", registry=registry))


class TestTraining:
    def test_one_import_and_two_calls(self):
        code = "import gpreg; run = gpreg.experiment('plane', measure='mid', steps=2, metrics=[]).train('runs/mine')"
        result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        assert gpreg.open_run("runs/mine").step == 2

    def test_weights_are_those_of_the_command_line(self, short, call):
        Path("mine.toml").write_text(short.toml)
        assert call("train", "mine.toml", "--out", "theirs").code == 0
        run = short.train("mine")
        assert torch.equal(run.sample(50), gpreg.open_run("theirs").sample(50))
        assert run.recipe == gpreg.open_run("theirs").recipe

    def test_without_a_folder_the_next_one_is_taken(self, short):
        assert [str(short.train().path) for _ in range(2)] == [f"runs/0000{n}-mid-mlp-8gaussians" for n in (0, 1)]

    def test_two_in_one_process_do_not_touch_each_other(self, short):
        alone = short.train("alone").sample(10)
        short.with_(seed=5).train("other")
        assert torch.equal(short.train("again").sample(10), alone)

    def test_random_numbers_of_whoever_calls_go_on(self, short):
        checked = short.with_(set={"report.check_samples": 32})
        torch.manual_seed(7)
        there = torch.random.get_rng_state()
        run = short.train("mine")
        for ask in (
            short.costs,
            short.rehearse,
            checked.check,
            checked.stability,
            run.generator,
            lambda: run.sample(3),
            lambda: run.resume(steps=6),
        ):
            ask()
            assert torch.equal(torch.random.get_rng_state(), there), ask

    def test_from_a_thread(self, short):
        there, runs = short.train("main").sample(10), []
        thread = threading.Thread(target=lambda: runs.append(short.train("thread", progress="auto")))
        thread.start()
        thread.join()
        assert torch.equal(runs[0].sample(10), there)

    def test_nothing_is_printed_unless_it_is_asked_for(self, short, capfd):
        short.train("quiet")
        short.train("quieter", progress=False)
        assert capfd.readouterr() == ("", "")
        logger = logging.getLogger("gpreg")
        before = logger.level, list(logger.handlers)
        short.train("loud", progress=True)
        told = capfd.readouterr()
        assert told.out == ""
        assert "training mid / wasserstein / mlp / 8gaussians, rho = 0.5, in loud" in told.err
        assert "step       4/4" in told.err
        assert (logger.level, list(logger.handlers)) == before

    def test_observers_watch_and_what_they_raise_ends_it(self, short):
        class Eye(Observer):
            def __init__(self):
                self.steps = []

            def scalars(self, step, values):
                self.steps.append(step)

        eye = Eye()
        short.train("seen", observers=[eye])
        assert eye.steps == [0, 2, 4]

    def test_overwriting_and_weights_of_another_run(self, short):
        first = short.train("mine")
        with pytest.raises(UsageError, match="mine holds a run already"):
            short.train("mine")
        second = short.with_(seed=1).train("mine", overwrite=True)
        assert second.recipe.training.seed == 1
        begun = short.with_(seed=1).train("begun", init=str(first.path))
        assert not torch.equal(begun.sample(10), second.sample(10))

    def test_strict(self):
        with pytest.raises(AssumptionViolated):
            gpreg.experiment("plane", measure="wgan", **(SHORT | {"report": {"check_samples": 64}})).train(
                "strict", strict=True
            )
        assert not Path("strict").exists()

    def test_where_nothing_can_be_written(self, short):
        Path("file").touch()
        with pytest.raises(gpreg.errors.GpregError, match="file"):
            short.train("file/run")


def test_ctrl_c_saves_the_state(command, tmp_path):
    code = f"""
import os, signal
import gpreg
from gpreg.interfaces import Observer
os.chdir({str(tmp_path)!r})
class Stop(Observer):
    def scalars(self, step, values):
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)
mine = gpreg.experiment("plane", **{SHORT!r})
whole = mine.train("whole")
try:
    mine.train("stopped", observers=[Stop()])
except gpreg.errors.GpregError as error:
    assert error.exit_code == 130, error
    assert "gpreg resume stopped" in error.remedy
else:
    raise AssertionError("it went on")
run = gpreg.open_run("stopped").resume()
assert run.step == 4
assert (run.sample(9) == whole.sample(9)).all()
"""
    ended = command(code=code)
    assert ended.wait() == 0, ended.told

import json
import math
import resource

import pytest
import torch

from gpreg.cli.main import main
from gpreg.errors import DataError, ExitCode, StorageError
from gpreg.interfaces import Observer
from gpreg.recipe import Choice, read, resolve, write
from gpreg.runs.checkpoint import read as read_checkpoint
from gpreg.runs.folder import RunFolder
from gpreg.runs.plan import Supply
from gpreg.training import trainer
from gpreg.training.resumption import resume
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures
from gpreg.training.statistics import DivergenceError
from gpreg.training.watching import Onlookers


class Diary(Observer):
    """Notes what it is told, and does something at a step."""

    def __init__(self, at=None, act=lambda: None):
        self.notes, self._at, self._act = [], at, act

    def start(self, folder, recipe, step):
        self.notes.append(("start", step, recipe["measure"]["name"]))

    def scalars(self, step, values):
        self.notes.append(("scalars", step, sorted(values)))
        if step == self._at and "critic_loss" in values:
            self._act()

    def images(self, step, name, images):
        self.notes.append(("images", step, name, tuple(images.shape), images.min() >= 0, images.max() <= 1))

    def finish(self):
        self.notes.append(("finish",))

    def of(self, kind):
        return [note for note in self.notes if note[0] == kind]


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(SamplePictures, "draw", lambda self, step: iter(()))


@pytest.fixture
def train(tiny, registry, tmp_path, listen):
    """Train a tiny recipe; returns the folder, and what was told."""

    def run(base="plane", choices=None, *, observers=(), name="run"):
        told = listen()
        recipe = tiny(base, choices)
        path = tmp_path / name
        start(Supply(registry=registry).plan(recipe), path, observers=observers)
        return RunFolder(path), told

    return run


def kept(folder):
    return sorted(int(path.name.removeprefix("step-")) for path in folder.checkpoints.folder.glob("step-*"))


class TestTicks:
    def test_a_line_a_tick_and_one_at_the_end(self, train, no_pictures):
        folder, told = train("plane", {"training.steps": 12, "report.tick": 5})
        rows = folder.stats.read()
        assert [row["step"] for row in rows] == [5, 10, 12]
        assert [row["steps"] for row in rows] == [5, 5, 2]
        assert told == []
        for row in rows:
            assert row["images_per_second"] == pytest.approx(row["steps"] * 16 / row["seconds"])
            assert row["memory_mb"] > 0
            assert {"critic_loss", "generator_loss", "penalty", "gradient_norm", "critic_lr"} <= set(row)
            assert {"critic_gradient", "generator_gradient", "d_real", "d_fake", "generator_lr"} <= set(row)

    def test_checkpoints_at_the_start_between_and_at_the_end(self, train, no_pictures):
        folder, _ = train("plane", {"training.steps": 12, "report.tick": 2, "report.checkpoint_ticks": 2})
        assert kept(folder) == [8, 12]
        folder, _ = train("plane", {"training.steps": 12, "report.tick": 2, "report.checkpoint_ticks": 0}, name="few")
        assert kept(folder) == [0, 12]

    def test_observers_are_told_of_everything(self, train):
        diary = Diary()
        choices = {"training.steps": 4, "report.tick": 2, "training.batch_size": 4}
        train("digits", {**choices, "report.picture_ticks": 1}, observers=[diary])
        assert diary.notes[0] == ("start", 0, "mid")
        assert diary.notes[-1] == ("finish",)
        assert [step for _, step, names in diary.of("scalars") if "critic_loss" in names] == [2, 4]
        pictures = [note[1:3] for note in diary.of("images")]
        assert pictures == [(0, "real"), (0, "samples"), (2, "samples"), (4, "samples")]
        assert all(note[4] and note[5] and note[3][:2] == (1, 3) for note in diary.of("images"))

    def test_observers_are_told_of_the_end_however_it_comes(self, train, no_pictures):
        diary = Diary()
        with pytest.raises(DivergenceError):
            train("plane", {"critic_optimizer.lr": 1e30}, observers=[diary])
        assert diary.notes[-1] == ("finish",)

    @pytest.mark.parametrize("base", ["plane", "digits"])
    def test_pictures(self, train, base):
        choices = {"training.steps": 4, "report.tick": 1, "report.picture_ticks": 2, "training.batch_size": 4}
        folder, _ = train(base, choices)
        names = ["real.png"] * (base == "digits") + [f"step-{step:09d}.png" for step in (0, 2, 4)]
        assert sorted(path.name for path in folder.samples.iterdir()) == names
        assert (folder.path / "curves.png").is_file()
        assert (folder.path / "interpolation.png").is_file()

    def test_the_documents_say_what_was_run(self, train, registry, tiny, no_pictures):
        folder, _ = train("plane", {"training.steps": 1})
        assert resolve(read(folder.recipe, origin="", registry=registry), registry) == tiny(
            "plane", {"training.steps": 1}
        )
        environment = json.loads((folder.path / "environment.json").read_text())
        assert (environment["processes"], environment["device"]) == (1, "cpu")
        checks = json.loads((folder.path / "checks.json").read_text())
        assert (checks["measure"], checks["form"]) == ("mid", "squared")
        assert {finding["basis"] for finding in checks["findings"]} == {"declared"}


VALUES = {"modes": "modes", "wasserstein": "w1"}
SCORED = {"training.steps": 8, "report.tick": 1, "report.checkpoint_ticks": 0, "report.score_ticks": 1}


class TestScores:
    @pytest.fixture
    def numbers(self, monkeypatch):
        """Scores as if they had been taken: so many, one after the other, of each metric."""

        def set_up(**metrics):
            left = {name: iter(numbers) for name, numbers in metrics.items()}

            def take(choice, registry, sampler, data, request, **others):
                number = next(left[choice.name])
                if isinstance(number, Exception):
                    raise number
                return {"step": request.step, "metric": choice.name, "values": {VALUES[choice.name]: number}}

            monkeypatch.setattr(trainer, "take_score", take)

        return set_up

    @pytest.mark.parametrize(
        ("metric", "scores", "best"),
        [
            ("modes", [1, 5, 3, 8, 8, 2, 0, 1, 4], 3),
            ("wasserstein", [9, 5, 3, 8, 1, 2, 1, 4, 4], 4),
            ("modes", [math.nan, 1, math.nan, 4, math.inf, math.nan, 2, 3, math.nan], 3),
            ("wasserstein", [math.nan, 3, -math.inf, 2, 4, 4, 4, 4, 4], 3),
        ],
    )
    def test_the_best_checkpoint_is_kept(self, train, numbers, no_pictures, metric, scores, best):
        numbers(**{metric: scores})
        folder, _ = train("plane", {**SCORED, "metrics": metric})
        assert folder.checkpoints.best() == folder.checkpoints.folder / f"step-{best:09d}"
        assert folder.checkpoints.best_score().number == scores[best]
        lines = folder.metrics.read()
        finite = [score if math.isfinite(score) else None for score in scores]
        assert [line["values"][VALUES[metric]] for line in lines] == finite

    @pytest.mark.parametrize(
        ("metric", "decides"), [("modes", "balanced_share"), ("stacked-mnist", "kl"), ("wasserstein", "w1")]
    )
    def test_no_checkpoint_is_the_best_by_a_count_of_modes(self, registry, metric, decides):
        spec = registry.get("metric", metric)
        line = {"values": {name: float(i) for i, name in enumerate(reversed(spec.values))}}
        score = trainer._decisive(Choice(name=metric), spec, line)
        assert (score.value, score.number) == (decides, len(spec.values) - 1)

    def test_the_first_metric_decides(self, train, numbers, no_pictures):
        numbers(modes=[0, 1, 2, 3, 2, 1, 0, 0, 0], wasserstein=[0, 1, 2, 3, 4, 5, 6, 7, 8])
        folder, _ = train("plane", {**SCORED, "metrics": "modes,wasserstein"})
        assert folder.checkpoints.best().name.endswith("3")
        diary = [line["metric"] for line in folder.metrics.read()]
        assert diary == ["modes", "wasserstein"] * 9

    def test_no_checkpoint_is_best_by_the_second_metric_where_the_first_is_not_finite(
        self, train, numbers, no_pictures
    ):
        numbers(modes=[math.nan] * 9, wasserstein=range(9))
        folder, _ = train("plane", {**SCORED, "metrics": "modes,wasserstein"})
        assert folder.checkpoints.best() is None

    def test_one_that_cannot_be_taken_is_told_once_and_leaves_training_unharmed(
        self, train, numbers, no_pictures, ends
    ):
        error = DataError("the weights are not there", remedy="fetch them")
        numbers(modes=[error, AssertionError("asked again")], wasserstein=range(9))
        folder, told = train("plane", {**SCORED, "metrics": "modes,wasserstein"})
        assert told == ["metric 'modes' is left out of this run: the weights are not there\nfetch them"]
        plain, _ = train("plane", {**SCORED, "metrics": "none"}, name="plain")
        assert ends(folder.path)["weights"] == ends(plain.path)["weights"]
        assert {line["metric"] for line in folder.metrics.read()} == {"wasserstein"}

    def test_missing_weights_of_inception(self, train, no_pictures, tmp_path, monkeypatch, registry, capsys):
        monkeypatch.setenv("GPREG_WEIGHTS", str(tmp_path))
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        choices = {"metrics": "fid", "training.steps": 4, "report.tick": 1, "report.score_ticks": 1}
        folder, told = train("digits", {**choices, "training.batch_size": 4})
        assert len(told) == 1
        assert "metric 'fid' is left out of this run" in told[0]
        assert all(word in told[0] for word in (str(tmp_path), "weights=FILE"))
        assert folder.metrics.read() == []
        assert folder.checkpoints.load().step == 4

        capsys.readouterr()
        assert main(["evaluate", str(folder.path), "-n", "10"]) == ExitCode.FAILED
        said = capsys.readouterr()
        assert said.out == ""
        assert all(word in said.err for word in (str(tmp_path), "weights=FILE"))


class TestDivergence:
    def test_the_checkpoint_from_before_is_kept(self, train, no_pictures, tmp_path, registry):
        forward = torch.nn.Linear.forward
        with pytest.MonkeyPatch.context() as patched:
            spoil = Diary(
                at=6,
                act=lambda: patched.setattr(torch.nn.Linear, "forward", lambda own, x: forward(own, x) * math.nan),
            )
            with pytest.raises(DivergenceError, match="critic loss became NaN in generator step 7") as error:
                train("plane", {"training.steps": 20, "report.tick": 3}, observers=[spoil])
        assert error.value.exit_code == ExitCode.FAILED
        folder = RunFolder(tmp_path / "run")
        assert kept(folder) == [3, 6]
        last = folder.checkpoints.load()
        assert all(tensor.isfinite().all() for state in last.weights.values() for tensor in state.values())
        assert [row["step"] for row in folder.stats.read()] == [3, 6]
        resume(folder.path, Supply(registry=registry))
        assert folder.checkpoints.load().step == 20

    def test_a_buffer_is_found_out_before_it_is_saved(self, build, new_run, tmp_path, no_pictures):
        experiment = build("digits-dcgan", {"architecture.batch_statistics_when_sampling": False, "report.tick": 2})
        folder = new_run(tmp_path / "run", write(experiment.recipe))
        name, buffer = next((n, b) for n, b in experiment.generator.named_buffers() if n.endswith("running_mean"))
        diary = Diary(at=4, act=lambda: buffer.fill_(math.nan))
        with pytest.raises(DivergenceError, match=rf"weight {name} of generator became NaN in or before .* 6"):
            trainer.Trainer(experiment, folder, Onlookers(observers=(diary,))).run()
        checkpoint = folder.checkpoints.load()
        assert checkpoint.step == 4

    def test_the_command_fails(self, tiny, tmp_path, capsys, no_pictures):
        (tmp_path / "recipe.toml").write_text(write(tiny("plane", {"optimizer.lr": 1e25, "schedule.name": "constant"})))
        assert main(["train", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "run")]) == ExitCode.FAILED
        said = capsys.readouterr().err
        assert "training diverged: " in said
        assert "generator step" in said
        assert "the last good checkpoint is kept" in said
        assert read_checkpoint(tmp_path / "run" / "checkpoints" / "step-000000000").step == 0


class TestFullDisk:
    @pytest.mark.parametrize("room", [100, 3000])
    def test_nothing_of_the_last_good_state_is_lost(self, train, no_pictures, tmp_path, ends, registry, room):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        filled = Diary(at=8, act=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard)))
        choices = {"training.steps": 12, "report.tick": 4, "training.critic_steps": 2}
        whole, _ = train("plane", choices, name="whole")
        try:
            with pytest.raises(StorageError, match="cannot write") as error:
                train("plane", choices, observers=[filled])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert error.value.exit_code == ExitCode.FAILED
        folder = RunFolder(tmp_path / "run")
        assert folder.checkpoints.load().step == 4
        resume(folder.path, Supply(registry=registry))
        assert ends(folder.path) == ends(whole.path)

import json
import os
import re
import shutil
import signal
import tomllib
from contextlib import ExitStack

import pytest

from gpreg.errors import OptionError
from gpreg.experiments.progress import RunProgress
from gpreg.registry.registry import Registry
from gpreg.runs.lock import writing

TOLD = "score                     value"


@pytest.fixture
def copy(plane, tmp_path):
    """The run that tests share, to be changed."""
    return shutil.copytree(plane.path, tmp_path / "copy")


def weights(run, step):
    folder = run / "checkpoints" / f"step-{step:09d}"
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


def damage(run, step):
    path = run / "checkpoints" / f"step-{step:09d}" / "generator.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def test_a_run_ends_with_its_scores_and_where_it_is(plane):
    lines = plane.result.out.splitlines()
    assert lines[0].startswith(TOLD)
    assert [line.split()[0] for line in lines[1:5]] == [
        "modes/balanced_share",
        "modes/modes",
        "modes/high_quality_share",
        "wasserstein",
    ]
    assert lines[5:] == [f"run      {plane.path}", f"picture  {plane.path / 'samples' / 'step-000000010.png'}"]


def test_what_happens_meanwhile_is_told_on_stderr(plane):
    lines = plane.result.err.splitlines()
    assert lines[0] == f"training mid / wasserstein / mlp / 8gaussians, rho = 20, in {plane.path}"
    assert [line.split()[:2] for line in lines if "|grad D|" in line] == [["step", "5/10"], ["step", "10/10"]]


def test_a_run_folder_has_what_the_documentation_says(plane):
    assert sorted(path.name for path in plane.path.iterdir()) == [
        "checkpoints",
        "checks.json",
        "curves.png",
        "data.json",
        "environment.json",
        "interpolation.png",
        "metrics.jsonl",
        "recipe.toml",
        "samples",
        "stats.jsonl",
    ]


def test_the_runs_recipe_makes_the_same_run(plane, call, tmp_path):
    assert call("train", plane.path / "recipe.toml", "--out", tmp_path / "again").code == 0
    assert weights(tmp_path / "again", 10) == weights(plane.path, 10)


def test_a_folder_in_runs_is_made_by_default(call, plane, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = call("train", plane.recipe, "--steps", 1, "--metric", "none").out
    assert out.splitlines() == [
        "run      runs/00000-mid-mlp-8gaussians",
        "picture  runs/00000-mid-mlp-8gaussians/samples/step-000000001.png",
    ]


class TestDryRun:
    def test_its_recipe_is_accepted_unchanged(self, call, plane, tmp_path):
        words = ("--measure", "g-anc", "--optimizer", "rmsprop", "--set", "report.tick=7")
        told = call("train", plane.recipe, *words, "--dry-run")
        assert told.code == 0
        table = tomllib.loads(told.out)
        assert (table["measure"]["name"], table["report"]["tick"]) == ("g-anc", 7)
        complete = tmp_path / "complete.toml"
        complete.write_text(told.out, encoding="utf-8")
        assert call("train", complete, "--dry-run").out == told.out

    def test_costs_are_told_on_stderr(self, call, plane):
        err = call("train", plane.recipe, "--dry-run").err
        for line in (
            "generator          82 parameters",
            "critic update      3 batches forward through the critic, 1 of them for the penalty alone",
            "run                10 critic updates",
        ):
            assert line in err.splitlines()

    def test_nothing_is_written(self, call, plane, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert call("train", plane.recipe, "--dry-run").code == 0
        assert list(tmp_path.iterdir()) == []

    def test_data_that_is_not_there_leaves_the_recipe(self, call, tmp_path):
        told = call("train", "fashion-mnist", "--data-root", tmp_path, "-D", f"folder={tmp_path}", "--dry-run")
        assert told.code == 0
        assert tomllib.loads(told.out)["dataset"]["name"] == "fashion-mnist"
        assert "what a step costs is known once the data is there" in told.err

    @pytest.mark.parametrize(
        ("words", "code", "told"),
        [
            (("--dataset", "two-gaussians", "--batch-size", 101), 2, "choose --batch-size 100 or less"),
            (("--dataset", "npz", "-D", "file=nowhere.npz"), 1, "npz is not there"),
            (("--dataset", "npz", "-D", "file=damaged.npz"), 1, "damaged.npz"),
            (("--dataset", "image-folder", "-D", "folder=nowhere"), 1, "image-folder is not there"),
            (("--arch", "resnet", "--dataset", "image-folder"), 2, "folder"),
            (("--loss", "relativistic", "--set", "training.generator_batch_size=8"), 2, "generator_batch_size=16"),
            (
                ("--arch", "dcgan", "-A", "levels=1", "--dataset", "digits", "-D", "size=8", "--batch-size", 1),
                2,
                "a batch of one has no variance",
            ),
            (("--init", "nowhere"), 2, "nowhere is not a run folder"),
            (("--measure", "wgan", "--rho", "auto"), 2, "give --rho a number"),
            (("--out", "."), 2, "exists and is no run folder"),
        ],
        ids=str,
    )
    def test_whatever_the_run_would_refuse_before_its_first_step(
        self, call, plane, tmp_path, monkeypatch, words, code, told
    ):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "damaged.npz").write_bytes(b"PK")
        run = call("train", plane.recipe, *words, *(() if "--out" in words else ("--out", "run")))
        rehearsed = call("train", plane.recipe, *words, "--dry-run")
        assert (rehearsed.code, rehearsed.out, run.code) == (code, "", code)
        assert told in rehearsed.err
        assert rehearsed.err.splitlines()[-2:] == run.err.splitlines()[-2:]
        assert [path.name for path in tmp_path.iterdir()] == ["damaged.npz"]

    def test_strict_refuses_a_violated_assumption(self, call, plane):
        words = ("--measure", "wgan", "--set", "report.check_samples=64", "--strict")
        assert call("train", plane.recipe, *words, "--dry-run").code == 4
        assert call("train", plane.recipe, *words[:-1], "--dry-run").code == 0

    def test_rho_auto_is_told(self, call, plane):
        told = call("train", plane.recipe, "--rho", "auto", "--dry-run")
        assert told.code == 0
        assert re.search(r"rho = [\d.]+: ", told.err)

    @pytest.mark.parametrize("kind", ["metric", "observer"])
    def test_what_cannot_be_built(self, call, plane, monkeypatch, kind):
        name = {"metric": "modes", "observer": "tensorboard"}[kind]
        whole = Registry.build

        def build(self, what, which, options=None):
            if which == name:
                raise OptionError("it cannot be")
            return whole(self, what, which, options)

        monkeypatch.setattr(Registry, "build", build)
        result = call("train", plane.recipe, f"--{kind}", name, "--dry-run")
        assert (result.code, result.out) == (2, "")
        assert "it cannot be" in result.err

    @pytest.mark.parametrize(
        "words", [("--arch", "dcgan"), ("--batch-size", "0"), ("--dataset", "digits", "--conditional")]
    )
    def test_what_cannot_be_trained_prints_no_recipe(self, call, plane, words):
        told = call("train", plane.recipe, *words, "--dry-run")
        assert (told.code, told.out) == (2, "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing says what to train"),
        (("nosuch",), "there is no recipe named 'nosuch'"),
        (("planes",), "did you mean 'plane'?"),
        (("RECIPE", "--device", "nonsense"), "'nonsense' is no device"),
        (("RECIPE", "--device", "cuda:99"), "device 'cuda:99' is not here"),
        (("RECIPE", "--arch", "dcgan"), "try --arch mlp, or --arch mlp-0gp, or --dataset digits"),
        (
            ("RECIPE", "--arch", "resnet", "--conditional"),
            "choose training.conditional = false or dataset.name = 'digits'",
        ),
        (("RECIPE", "--dataset", "two-gaussians", "--batch-size", "101"), "choose --batch-size 100 or less"),
        (("RECIPE", "--mesure", "mid"), "No such option '--mesure'"),
        (("RECIPE", "more"), "unexpected extra argument (more)"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_and_leaves_nothing(call, plane, tmp_path, words, told):
    result = call("train", *(plane.recipe if word == "RECIPE" else word for word in words), "--out", tmp_path / "run")
    assert (result.code, result.out) == (2, "")
    assert told in result.err
    assert "Traceback" not in result.err
    assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("obstacle", ["another process", "a link"])
    def test_a_folder_whose_run_cannot_be_replaced(self, call, plane, copy, tmp_path, obstacle):
        words = ("train", plane.recipe, "--out", copy, "--overwrite")
        with ExitStack() as held:
            if obstacle == "a link":
                (copy / "curves.png").unlink()
                (copy / "curves.png").symlink_to(tmp_path)
            else:
                held.enter_context(writing(copy))
            before = sorted(copy.rglob("*"))
            run, rehearsed = call(*words), call(*words, "--dry-run")
            assert sorted(copy.rglob("*")) == before
        assert (run.code, rehearsed.code, rehearsed.out) == (2, 2, "")
        assert obstacle in rehearsed.err
        assert rehearsed.err.splitlines()[-2:] == run.err.splitlines()[-2:]


class TestOut:
    def test_a_run_is_left_alone(self, call, plane, copy):
        result = call("train", plane.recipe, "--out", copy)
        assert (result.code, result.out) == (2, "")
        assert f"`gpreg resume {copy}` continues it; --overwrite replaces it" in result.err
        assert weights(copy, 10) == weights(plane.path, 10)

    def test_a_run_is_replaced_if_asked_for(self, call, plane, copy):
        words = ("--steps", 1, "--metric", "none", "--overwrite")
        assert call("train", plane.recipe, "--out", copy, *words).code == 0
        assert not (copy / "metrics.jsonl").exists()

    @pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
    @pytest.mark.parametrize("what", ["folder", "file"])
    def test_what_is_no_run_is_left_alone_in_any_case(self, call, plane, tmp_path, what, overwrite):
        taken = tmp_path / "taken"
        mine = taken / "mine.txt" if what == "folder" else taken
        mine.parent.mkdir(exist_ok=True)
        mine.write_text("mine")
        result = call("train", plane.recipe, "--out", taken, *overwrite)
        assert (result.code, result.out) == (2, "")
        assert "exists and is no run folder; it is left alone" in result.err
        assert mine.read_text() == "mine"

    def test_a_place_that_cannot_be_written_fails(self, call, plane, tmp_path):
        (tmp_path / "file").write_text("")
        result = call("train", plane.recipe, "--out", tmp_path / "file" / "run")
        assert (result.code, result.out) == (1, "")
        assert f"cannot write {tmp_path / 'file' / 'run'}" in result.err


class TestInterruption:
    @pytest.fixture
    def stopped(self, call, plane, tmp_path, monkeypatch):
        def stop(self, step, values):
            if step == 5 and "critic_loss" in values:
                os.kill(os.getpid(), signal.SIGINT)

        with monkeypatch.context() as patch:
            patch.setattr(RunProgress, "scalars", stop)
            result = call("train", plane.recipe, "--out", tmp_path / "run")
        return tmp_path / "run", result

    def test_the_state_is_saved_first(self, stopped):
        run, result = stopped
        assert (result.code, result.out) == (130, "")
        assert "stopped by SIGINT after generator step 6; the state is saved" in result.err
        assert f"`gpreg resume {run}` goes on from here" in result.err
        assert weights(run, 6)

    def test_a_resumed_run_ends_as_if_it_had_never_stopped(self, call, stopped, plane):
        run, _ = stopped
        result = call("resume", run)
        assert result.code == 0
        assert "going on from generator step 6 of 10" in result.err
        assert result.out.startswith(TOLD)
        assert weights(run, 10) == weights(plane.path, 10)


class TestResume:
    def test_a_complete_run_says_so(self, call, plane):
        result = call("resume", plane.path)
        assert result.code == 0
        assert "is complete: 10 generator steps are done" in result.err
        assert result.out == plane.result.out

    def test_the_other_processes_of_a_run_say_nothing(self, call, plane, monkeypatch):
        monkeypatch.setenv("RANK", "1")
        assert call("resume", plane.path).out == ""

    def test_a_score_that_was_not_finite_has_no_number(self, call, copy):
        with (copy / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"step": 10, "metric": "wasserstein", "values": {"w1": None}}) + "\n")
        assert ["wasserstein", "–", "10"] in [line.split() for line in call("resume", copy).out.splitlines()]

    def test_a_damaged_checkpoint_is_passed_over(self, call, copy, plane):
        damage(copy, 10)
        result = call("resume", copy)
        assert result.code == 0
        assert "step-000000010/generator.safetensors is damaged" in result.err
        assert "going on from generator step 5 of 10" in result.err
        assert weights(copy, 10) == weights(plane.path, 10)

    def test_without_a_checkpoint_that_is_whole_it_fails(self, call, copy):
        for step in (5, 10):
            damage(copy, step)
        result = call("resume", copy)
        assert (result.code, result.out) == (1, "")
        assert "step-000000010, step-000000005 damaged" in result.err

    def test_a_run_that_was_moved_goes_on(self, call, copy):
        shutil.rmtree(copy / "checkpoints" / "step-000000010")
        moved = copy.rename(copy.with_name("moved"))
        assert call("resume", moved).out.splitlines()[-2] == f"run      {moved}"

    def test_every_mistake_of_an_edited_recipe_is_told(self, call, copy):
        path = copy / "recipe.toml"
        text = path.read_text().replace('"mid"', '"midd"').replace("batch_size = 16", "batchsize = 16")
        path.write_text(text)
        result = call("resume", copy)
        assert (result.code, result.out) == (2, "")
        measure, batch = (text.splitlines().index(line) + 1 for line in ('name = "midd"', "batchsize = 16"))
        assert f"{path}:{measure}: there is no measure named 'midd'" in result.err
        assert f"{path}:{batch}: [training] has no option 'batchsize'" in result.err

    @pytest.mark.parametrize("name", ["nothing", "folder", "file"])
    def test_what_is_no_run_is_refused(self, call, tmp_path, name):
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("")
        result = call("resume", tmp_path / name)
        assert (result.code, result.out) == (2, "")
        assert "is not a run folder" in result.err


class TestRho:
    """A rho that was chosen for another measure, and one that is still to be chosen."""

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("--measure", "pd+pg"), r"rho = 20 was chosen for mid, and pd\+pg now has it too: rho \* trace Q is "),
            (("--measure", "wgan-gp"), r"wgan-gp with form one-centered now has it too\. How they compare cannot be"),
            (("--form", "one-centered"), r"chosen for mid, and mid with form one-centered now has it too"),
            (("--measure", "pd", "--rho", "3"), None),
            (("--measure", "pd", "--rho", "auto"), None),
            (("--measure", "pd", "--set", "penalty.rho_trace=3", "--rho", "auto"), None),
            (("--measure", "mid"), None),
            (("--measure", "wgan"), None),
            (("--steps", "3"), None),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
    )
    def test_what_rho_was_chosen_for_is_told(self, call, plane, words, told):
        err = call("train", plane.recipe, *words, "--dry-run").err
        notes = [line for line in err.splitlines() if line.startswith("Note: rho")]
        assert len(notes) == (told is not None)
        assert not told or re.search(told, notes[0])

    def test_the_two_fair_ways_are_told_with_numbers_that_hold(self, call, plane):
        note = call("train", plane.recipe, "--measure", "pd+pg", "--dry-run").err
        before, after = map(float, re.search(r"trace Q is (\S+) with mid and (\S+) with pd\+pg", note).groups())
        assert after > 1.5 * before, "its mass is 2"
        way = re.search(r"(--rho auto --set penalty.rho_trace=\S+);", note)[1].split()
        taken = call("train", plane.recipe, "--measure", "pd+pg", *way, "--dry-run").err
        rho = float(re.search(r"^rho = (\S+): rho \* trace Q = ", taken, re.MULTILINE)[1])
        assert rho == pytest.approx(20 * before / after, rel=1e-3)

    def test_a_run_is_told_the_same_and_is_the_same(self, call, plane, tmp_path):
        words = ("--measure", "latent-path", "--steps", 2)
        dry = call("train", plane.recipe, *words, "--dry-run")
        complete = tmp_path / "complete.toml"
        complete.write_text(dry.out, encoding="utf-8")
        told = call("train", plane.recipe, *words, "--out", tmp_path / "a")
        quiet = call("train", complete, "--out", tmp_path / "b")
        note = next(line for line in dry.err.splitlines() if line.startswith("Note: rho"))
        assert note in told.err
        assert "Note: rho" not in quiet.err
        assert weights(tmp_path / "a", 2) == weights(tmp_path / "b", 2)

    def test_a_dry_run_tells_the_rho_that_a_run_takes(self, call, plane, tmp_path):
        words = ("--measure", "pd", "--rho", "auto", "--steps", 1)
        dry = call("train", plane.recipe, *words, "--dry-run")
        assert tomllib.loads(dry.out)["penalty"]["rho"] == "auto"
        taken = re.search(r"^rho = (\S+): the \d+ strongest modes decay fastest", dry.err, re.MULTILINE)[1]
        assert call("train", plane.recipe, *words, "--out", tmp_path / "run").code == 0
        assert f"rho = {taken}" in (tmp_path / "run" / "recipe.toml").read_text()

    def test_a_dry_run_refuses_where_there_is_no_best_rho(self, call, plane):
        result = call("train", plane.recipe, "--measure", "wgan-gp", "--rho", "auto", "--dry-run")
        assert (result.code, result.out) == (2, "")

    def test_what_it_was_chosen_for_may_be_gone(self, call, plane, tmp_path):
        recipe = tmp_path / "gone.toml"
        recipe.write_text(plane.recipe.read_text().replace('"mid"', '"gone"'), encoding="utf-8")
        result = call("train", recipe, "--measure", "pd", "--dry-run")
        assert result.code == 0
        assert "rho = 20 was chosen for gone, and pd now has it too. How they compare cannot be said" in result.err

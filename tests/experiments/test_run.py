"""A run by its folder: what it has measured and learnt, and how it goes on."""

import math
import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import CheckpointError, UsageError
from gpreg.experiments.rows import score_rows, statistics_rows
from gpreg.interfaces import Generator


@pytest.fixture
def run(plane):
    return gpreg.open_run(plane.path)


@pytest.fixture
def mine(plane, tmp_path):
    """A copy that may be changed."""
    return gpreg.open_run(shutil.copytree(plane.path, tmp_path / "mine"))


@pytest.fixture(scope="module")
def classes(labelled):
    return gpreg.open_run(str(labelled.path))


class TestWhatItHas:
    def test_path_recipe_and_step(self, run, plane):
        assert run.path == plane.path
        assert (run.recipe.training.steps, run.step) == (10, 10)
        assert repr(run) == f"Run({str(plane.path)!r}, step 10 of 10)"
        assert run.experiment.with_(seed=3).recipe.training.seed == 3

    def test_statistics_are_rows_of_numbers_with_the_same_keys(self, run):
        rows = run.stats
        assert [row["step"] for row in rows] == [0, 5, 10]
        assert len({tuple(row) for row in rows}) == 1
        assert all(type(value) is (int if key == "step" else float) for row in rows for key, value in row.items())
        assert {"critic_loss", "generator_loss", "penalty", "critic_gap"} <= rows[0].keys()
        assert math.isnan(rows[0]["critic_loss"])
        assert math.isfinite(rows[1]["critic_loss"])

    def test_scores_are_a_row_a_value_with_the_same_keys(self, run):
        rows = run.scores
        assert {(row["metric"], row["score"]) for row in rows} >= {("modes", "modes"), ("wasserstein", "w1")}
        assert sorted({row["step"] for row in rows}) == [0, 5, 10]
        assert len({tuple(row) for row in rows}) == 1
        assert all(isinstance(row["value"], float) and isinstance(row["metric"], str) for row in rows)
        assert {(row["generated"], row["split"], row["generator"]) for row in rows} == {(100, "train", "average")}

    def test_what_json_cannot_say_is_no_number(self):
        assert math.isnan(statistics_rows([{"step": 1, "critic_loss": None}])[0]["critic_loss"])
        row = score_rows([{"step": 1, "metric": "m", "values": {"a": None}}])[0]
        assert math.isnan(row["value"])
        assert row["better"] == ""

    def test_without_any_line(self, mine):
        for name in ("stats", "metrics"):
            (mine.path / f"{name}.jsonl").unlink()
        assert (mine.stats, mine.scores) == ([], [])

    def test_no_run(self, tmp_path):
        with pytest.raises(UsageError, match="is not a run folder"):
            gpreg.open_run(tmp_path)


class TestWhatItHasLearnt:
    def test_samples_are_those_of_the_command_line(self, run, call, tmp_path):
        assert call("sample", run.path, "-n", 300, "--seed", 3, "--out", tmp_path / "a.npz").code == 0
        run.save(tmp_path / "b.npz", 300, seed=3)
        assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
        samples = run.sample(300, seed=3)
        assert (samples.shape, samples.dtype, samples.device.type) == ((300, 2), torch.float32, "cpu")
        assert not samples.requires_grad
        assert not torch.equal(samples, run.sample(300, seed=4))
        assert not torch.equal(samples, run.sample(300, seed=3, which="raw"))

    def test_networks(self, run):
        generator, critic = run.generator(device="cpu"), run.critic(device="cpu")
        assert isinstance(generator, Generator)
        assert isinstance(critic, nn.Module)
        assert not any(module.training for network in (generator, critic) for module in network.modules())
        assert critic(generator(torch.zeros(3, 2))).shape == (3,)
        average, raw = (run.generator(which, device="cpu").state_dict() for which in ("average", "raw"))
        assert any(not torch.equal(average[name], raw[name]) for name in average)

    def test_at_another_step(self, run):
        assert {run.when(step).step for step in (5, 10, None)} == {5, 10}
        assert run.when("best").step in (0, 5, 10)
        early = gpreg.open_run(run.path, step=5)
        assert not torch.equal(early.sample(5), run.sample(5))
        assert torch.equal(early.when(None).sample(5), run.sample(5))

    @pytest.mark.parametrize(
        ("ask", "error", "told"),
        [
            (lambda run: run.when(7).sample(5), CheckpointError, "step 7"),
            (lambda run: run.when("last").sample(5), UsageError, "'last' is neither a number nor 'best'"),
            (lambda run: run.sample(0), UsageError, "n is 0"),
            (lambda run: run.sample("5"), UsageError, "n is '5'; it must be a whole number >= 1"),
            (lambda run: run.sample(5, seed=-1), UsageError, "seed is -1"),
            (lambda run: run.save("x.png", 0), UsageError, "n is 0"),
            (lambda run: run.save("x.jpg", 5), UsageError, "says nothing of what to write"),
            (lambda run: run.resume(steps="20"), UsageError, "steps is '20'; it must be a whole number"),
            (lambda run: run.resume(steps=0), UsageError, "--steps 0 is no number of steps"),
            (lambda run: run.resume(steps=20, observers=["eye"]), UsageError, "an observer is a str"),
            (lambda run: run.evaluate(smples=5), UsageError, "no keyword 'smples'; did you mean 'samples'"),
            (lambda run: run.evaluate(samples=1), UsageError, "samples is 1; it must be a whole number >= 2"),
            (lambda run: run.evaluate(split="tets"), UsageError, "split is 'tets'.* did you mean 'test'"),
            (lambda run: run.evaluate(options="m=5"), UsageError, "options is a str; it must be a mapping"),
            (lambda run: run.sample(5, which="mean"), UsageError, "it must be 'average' or 'raw'"),
            (lambda run: run.sample(5, classes=["3"]), UsageError, "trained without labels"),
            (lambda run: run.sample(5, device="tpu"), UsageError, "device"),
            (lambda run: run.evaluate("mode"), UsageError, "did you mean 'modes'"),
            (lambda run: run.evaluate("wasserstein", options={"m": 5}), UsageError, "no metric that is taken has"),
        ],
    )
    def test_what_is_not_possible(self, run, ask, error, told):
        with pytest.raises(error, match=told):
            ask(run)

    def test_classes(self, classes):
        assert classes.sample(4, classes=[3, "5"]).shape == (4, 1, 8, 8)
        assert torch.equal(classes.sample(4, classes=3), classes.sample(4, classes=("3",)))
        with pytest.raises(UsageError):
            classes.sample(4, classes=["none such"])

    def test_scores_are_added(self, mine):
        before = mine.scores
        rows = mine.evaluate("wasserstein", samples=60, seed=7)
        assert [(row["metric"], row["score"], row["seed"], row["generated"]) for row in rows] == [
            ("wasserstein", "w1", 7, 60)
        ]
        assert mine.scores == [*before, *rows]
        assert {row["metric"] for row in mine.evaluate()} == {"modes", "wasserstein"}

    def test_scores_of_the_command_line_are_the_same(self, mine, call):
        rows = mine.evaluate("modes", samples=60)
        assert call("evaluate", mine.path, "--metric", "modes", "-n", 60).code == 0
        assert mine.scores[-len(rows) :] == rows


class TestHowItGoesOn:
    def test_to_more_steps(self, mine):
        further = mine.resume(steps=12)
        assert (further.step, further.recipe.training.steps, mine.step) == (12, 12, 12)
        assert further.stats[-1]["step"] == 12

    def test_a_complete_run_is_told(self, mine, listen):
        told = listen()
        assert mine.resume().step == 10
        assert any("is complete" in line for line in told)

    def test_from_a_checkpoint_that_was_looked_at_the_newest_is_taken(self, mine):
        assert mine.when(5).resume(steps=11).step == 11

    def test_again_with_other_choices(self, run, tmp_path):
        other = run.experiment.with_(measure="gp", steps=2, metrics=[]).train(tmp_path / "other")
        assert (other.recipe.measure.name, other.step) == ("gp", 2)


class TestHowItIsShown:
    def test_a_run_that_is_gone_can_be_printed(self, mine):
        shutil.rmtree(mine.path)
        assert "is not a run folder" in repr(mine)

    def test_the_newest_picture(self, run):
        assert run.pictures[-1].name == "step-000000010.png"
        assert min(run.picture().size) > 100

    def test_a_notebook_shows_choices_scores_and_the_picture(self, run):
        shown = run._repr_html_()
        for text in (
            "mid / squared / wasserstein / mlp / 8gaussians",
            "10 of 10",
            "modes/high_quality_share",
            "data:image/png;base64,iVBOR",
            f"<code>{run.path}</code>",
        ):
            assert text in shown

    def test_without_a_picture(self, mine):
        for path in mine.pictures:
            path.unlink()
        with pytest.raises(UsageError, match="has no picture yet"):
            mine.picture()
        assert "<img" not in mine._repr_html_()

    def test_names_are_text_in_it(self, mine, tmp_path):
        odd = gpreg.open_run(mine.path.rename(tmp_path / "a<b>&"))
        assert "a&lt;b&gt;&amp;" in odd._repr_html_()
        assert "<b>" not in odd._repr_html_()

    def test_a_penalty_shows_its_coefficient_in_every_convention(self):
        shown = gpreg.penalty("dragan", rho=20.0, every=4, of="sigmoid")._repr_html_()
        for text in ("dragan", "OneCentered", "rho = 20", "gamma = 20", "lambda = 10", "4 critic steps", "sigmoid"):
            assert text in shown


def test_saving_says_what_was_taken(run, tmp_path):
    taken = run.save(tmp_path / "grid.png", 20, which="raw")
    assert (taken.step, taken.which) == (10, "raw")
    with pytest.raises(UsageError, match="exists"):
        run.save(Path(tmp_path / "grid.png"), 20)
    run.save(str(tmp_path / "grid.png"), 20, overwrite=True)
    with pytest.raises(UsageError, match="is of a picture"):
        run.save(tmp_path / "array.npz", columns=3)


def test_what_was_saved_prints_as_a_line(run, tmp_path):
    assert repr(run.save(tmp_path / "one.npz", 3)) == f"Trained({str(run.path)!r}, step 10, average generator)"


def test_a_notebook_shows_of_a_run_that_is_gone_why(mine):
    shutil.rmtree(mine.path)
    assert mine._repr_html_().endswith("is not a run folder: there is no such folder)")


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_everything_works_where_gradients_are_switched_off(tmp_path, off):
    short = gpreg.experiment("plane", steps=2, metrics=[])
    with off():
        run = short.train(tmp_path / "run", progress=False).resume(steps=4, progress=False)
        assert (run.step, run.sample(3).shape) == (4, (3, 2))
        assert run.critic()(torch.zeros(1, 2)).shape == (1,)
        assert short.costs().critic == 8577
        assert "left out" not in repr(short.check())
        assert not torch.is_grad_enabled()

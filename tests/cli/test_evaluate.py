import json
import math
import shutil
from dataclasses import replace

import pytest

from gpreg import load_registry
from gpreg.recipe import Choice, read, write


@pytest.fixture
def copy(plane, tmp_path):
    """The run that tests share, to be scored."""
    return shutil.copytree(plane.path, tmp_path / "copy")


@pytest.fixture
def scores(call, copy):
    """The scores that a command line takes, by metric."""

    def take(*words):
        result = call("evaluate", copy, *words, "--json")
        assert result.code == 0, result.err
        assert result.json["schema"] == 1
        return {score["metric"]: score for score in result.json["scores"]}

    return take


@pytest.fixture
def refused(call, copy):
    """What is told of a command line that asks for the impossible."""

    def refuse(*words, code=2):
        before = (copy / "metrics.jsonl").read_bytes()
        result = call("evaluate", copy, *words)
        assert (result.code, result.out) == (code, "")
        assert (copy / "metrics.jsonl").read_bytes() == before
        return result.err

    return refuse


def test_the_recipes_metrics_by_default(scores):
    taken = scores()
    assert list(taken) == ["modes", "wasserstein"]
    assert set(taken["modes"]["values"]) == {"balanced_share", "modes", "high_quality_share"}
    told = taken["wasserstein"]["provenance"]
    assert (told["split"], told["generator"], told["generated"], told["seed"]) == ("train", "average", 100, 0)
    assert taken["wasserstein"]["step"] == 10


def test_scores_are_added_to_the_run(scores, copy):
    before = (copy / "metrics.jsonl").read_text().splitlines()
    taken = scores("--metric", "modes")
    lines = (copy / "metrics.jsonl").read_text().splitlines()
    assert lines[:-1] == before
    assert json.loads(lines[-1]) == taken["modes"]


def test_what_is_scored_can_be_chosen(scores):
    words = ("--metric", "modes", "-n", 64, "--split", "test", "--seed", 3, "--step", 5, "--raw", "--batch-size", 7)
    score = scores(*words)["modes"]
    assert score["step"] == 5
    told = score["provenance"]
    assert (told["split"], told["generator"], told["generated"], told["seed"]) == ("test", "raw", 64, 3)


def test_options_have_their_types_whoever_gave_them(scores):
    own, given = (scores("--metric", "wasserstein", *words) for words in ((), ("-S", "n=50")))
    assert own["wasserstein"]["provenance"] == given["wasserstein"]["provenance"]
    assert own["wasserstein"]["values"] == given["wasserstein"]["values"]
    assert own["wasserstein"]["provenance"]["options"] == {"n": 50, "seed": 0}


def test_options_of_one_metric_or_of_all_that_have_them(scores):
    taken = scores("-S", "wasserstein.n=20", "-S", "threshold=2")
    assert taken["wasserstein"]["provenance"]["options"]["n"] == 20
    assert taken["modes"]["provenance"]["options"]["threshold"] == 2


def test_a_metric_named_twice_is_taken_once(call, copy):
    assert len(call("evaluate", copy, "--metric", "modes", "--metric", "modes", "--json").json["scores"]) == 1


def test_a_table_with_what_each_score_was_taken_of(call, copy):
    lines = call("evaluate", copy).out.splitlines()
    assert lines[0].split() == ["metric", "value", "score", "better"]
    assert [line.split()[:2] for line in lines[1:5]] == [
        ["modes", "balanced_share"],
        ["modes", "modes"],
        ["modes", "high_quality_share"],
        ["wasserstein", "w1"],
    ]
    assert lines[4].split()[3] == "lower"
    assert [line.partition(":")[0] for line in lines[5:]] == ["modes", "wasserstein"]
    assert "split: train, generator: average, generated: 100" in lines[5]
    assert "options: n=50 seed=0" in lines[6]


def test_a_score_that_is_not_finite_is_null(scores, monkeypatch):
    from gpreg.experiments import scoring

    take = scoring.take_score
    monkeypatch.setattr(scoring, "take_score", lambda *a, **k: take(*a, **k) | {"values": {"modes": math.nan}})
    assert scores("--metric", "modes")["modes"]["values"] == {"modes": None}


class TestBadInput:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("--metric", "mode"), "there is no metric named 'mode'; did you mean 'modes'?"),
            (("-S", "thresold=2"), "has an option 'thresold'; did you mean 'threshold'?"),
            (("-S", "mods.threshold=2"), "did you mean 'modes'?"),
            (("-S", "modes.thresold=2"), "did you mean 'threshold'?"),
            (("-S", "n=much"), "option 'n' of metric 'wasserstein' is 'much'; it must be an int"),
            (("-S", "n"), "is not of the form key=value"),
            (("-n", 1), "1 is not in the range"),
            (("--split", "valid"), "'valid' is not one of 'train', 'test'"),
            (("--step", "last"), "neither a number nor 'best'"),
            (("--device", "nonsense"), "'nonsense' is no device"),
        ],
    )
    def test_is_refused(self, refused, words, told):
        assert told in refused(*words)

    def test_a_metric_that_does_not_fit_names_those_that_do(self, refused):
        assert "the run's own are --metric modes --metric wasserstein" in refused("--metric", "fid")

    def test_a_run_without_metrics_needs_one(self, call, labelled):
        result = call("evaluate", labelled.path)
        assert (result.code, result.out) == (2, "")
        assert "choose one with --metric NAME" in result.err

    def test_a_step_that_was_not_kept(self, refused):
        assert "kept are 10, 5" in refused("--step", 7, code=1)

    def test_weights_that_are_not_there(self, call, labelled, tmp_path):
        missing = tmp_path / "inception.pth"
        result = call("evaluate", labelled.path, "--metric", "fid", "-S", f"fid.weights={missing}", "-n", 10)
        assert (result.code, result.out) == (1, "")
        assert f"looked for {missing}" in result.err
        assert "weights=FILE" in result.err

    def test_what_is_no_run(self, call, tmp_path):
        assert "is not a run folder" in call("evaluate", tmp_path).err


class TestRecipesThatDoNotFit:
    @pytest.fixture
    def unfit(self, copy):
        """The run, its recipe changed; by default to a metric that has no use for points of the plane, and another."""
        path, registry = copy / "recipe.toml", load_registry()
        own = read(path.read_text(encoding="utf-8"), origin="", registry=registry)

        def change(**changes):
            metrics = tuple(Choice(name=name) for name in changes.pop("metrics", ("classifier", "modes")))
            path.write_text(write(replace(own, metrics=metrics, **changes)), encoding="utf-8")
            return copy

        return change

    def test_one_that_has_no_use_for_the_samples_is_a_note(self, call, unfit):
        result = call("evaluate", unfit(), "--json")
        assert (result.code, [score["metric"] for score in result.json["scores"]]) == (0, ["modes"])
        assert "Note: metric 'classifier' of the run's recipe is left out: " in result.err

    def test_even_if_there_is_no_other(self, call, unfit):
        run = unfit(metrics=["classifier"])
        assert call("evaluate", run, "--json").json == {"schema": 1, "scores": []}
        result = call("evaluate", run)
        assert (result.code, result.out) == (0, "")

    @pytest.mark.parametrize(
        "words", [("--metric", "classifier"), ("-n", 10), ("-S", "classifier.reference_samples=9")], ids=str
    )
    def test_what_was_asked_for_is_not_left_out(self, call, unfit, words):
        assert call("evaluate", unfit(), *words).code == 2

    def test_data_that_is_gone_is_an_error(self, call, unfit):
        gone = Choice(name="npz", options={"file": "gone.npz"})
        assert call("evaluate", unfit(metrics=["modes"], dataset=gone)).code == 1


def test_scores_taken_before_one_that_fails_are_told(call, copy):
    result = call("evaluate", copy, "--metric", "modes", "--metric", "fid", "--json")
    assert result.code == 2
    assert [score["metric"] for score in result.json["scores"]] == ["modes"]
    assert "metric 'fid' scores" in result.err

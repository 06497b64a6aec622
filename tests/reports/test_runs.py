import pytest
from fixtures.reported import SCORE, recipe, write_run

from gpreg.errors import UsageError
from gpreg.reports.runs import material_of_runs


@pytest.fixture
def made(tmp_path, registry):
    def make(*texts, values=(2.0, 1.0, 0.5)):
        paths = [write_run(tmp_path / f"run-{k}", values, text=text) for k, text in enumerate(texts)]
        return material_of_runs(paths, registry).results

    return make


def test_rows_are_named_by_as_little_as_tells_them_apart(made):
    results = made(recipe("mid"), recipe("wgan-gp", "one-centered"), recipe("mid", seed=1))
    assert [(each.cell.row, each.cell.column, each.cell.seed) for each in results] == [
        ("mid", "8gaussians", 0),
        ("wgan-gp", "8gaussians", 0),
        ("mid", "8gaussians", 1),
    ]


def test_what_is_no_measure_is_named_by_its_key_and_datasets_are_columns(made):
    larger = recipe().replace("seed = 0", "seed = 0\nbatch_size = 64")
    results = made(recipe(), larger, recipe(dataset="swissroll"))
    assert [(each.cell.row, each.cell.column) for each in results] == [
        ("training.batch_size none", "8gaussians"),
        ("training.batch_size 64", "8gaussians"),
        ("training.batch_size none", "swissroll"),
    ]


def test_scores_are_the_last_ones_and_the_seed_of_the_samples_is_no_condition(made):
    (result,) = made(recipe())
    assert (result.state, result.scores, result.step) == ("done", {SCORE: 0.5}, 30)
    assert result.provenance == {SCORE: "split: train; distance: exact"}


def test_a_run_that_has_not_ended_has_no_score(made):
    (result,) = made(recipe(), values=(2.0,))
    assert (result.state, result.reason, result.scores) == ("pending", "at step 10 of 30", {})


def test_a_place_that_is_no_run_is_refused(tmp_path, registry):
    with pytest.raises(UsageError, match="not a run folder"):
        material_of_runs([tmp_path / "none"], registry)

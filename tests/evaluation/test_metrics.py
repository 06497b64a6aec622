import shutil

import pytest
import torch

from gpreg.errors import GpregError, OptionError, UnknownNameError, UsageError
from gpreg.evaluation.metrics import wanted
from gpreg.evaluation.scores import Conditions, take_score
from gpreg.evaluation.trained import load_trained
from gpreg.recipe import Choice
from gpreg.runs.data import open_data
from gpreg.runs.plan import Supply
from gpreg.training.seeds import seed_for


@pytest.fixture
def trained(run, registry, tmp_path):
    return load_trained(shutil.copytree(run.path, tmp_path / "copy"), Supply(registry=registry))


@pytest.fixture
def evaluate(registry, trained):
    def score(choice, **settings):
        data = open_data(trained.plan, settings.get("split", "train"))
        said = {"step": trained.step, "generator": trained.which, "samples": 50, "split": "train", "seed": 0}
        conditions = Conditions(**(said | settings))
        return take_score(choice, registry, trained.sampler, data, conditions, device=torch.device("cpu"))

    return score


class TestWanted:
    def test_the_recipes_own_by_default(self, trained, registry):
        assert wanted(trained, [], {}) == [Choice(name="wasserstein", options={"n": 40, "seed": 0})]

    def test_with_the_recipes_options_where_it_has_them(self, trained, registry):
        found = wanted(trained, ["modes", "wasserstein"], {})
        assert [choice.name for choice in found] == ["modes", "wasserstein"]
        assert found[0].options == {}
        assert found[1].options["n"] == 40

    def test_a_setting_goes_to_every_metric_that_has_it(self, trained, registry):
        found = wanted(trained, ["modes", "wasserstein"], {"n": "30"})
        assert [choice.options.get("n") for choice in found] == [None, "30"]

    def test_or_to_one_by_its_name(self, trained, registry):
        settings = {"threshold": "1", "modes": {"threshold": "5"}}
        assert wanted(trained, ["modes"], settings)[0].options == {"threshold": "5"}

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"treshold": "1"}, "no metric that is taken has an option 'treshold'; did you mean 'threshold'"),
            ({"mode": {"threshold": "1"}}, r"-S mode\. is of no metric that is taken; did you mean 'modes'"),
            ({"n": "1"}, "has an option 'n'"),
        ],
    )
    def test_one_that_no_metric_has_is_refused(self, trained, registry, settings, message):
        with pytest.raises(UsageError, match=message):
            wanted(trained, ["modes"], settings)

    def test_a_metric_that_there_is_not(self, trained, registry):
        with pytest.raises(UnknownNameError, match="'mode'; did you mean 'modes'"):
            wanted(trained, ["mode"], {})


class TestEvaluation:
    def test_the_trainers_score_is_found_again(self, evaluate, trained):
        own = trained.folder.metrics.read()[-1]
        seed = seed_for(trained.recipe.training.seed, "scores")
        line = evaluate(Choice(name="wasserstein", options={"n": 40}), samples=50, seed=seed)
        assert (line["step"], line["values"]) == (own["step"], own["values"])
        keys = set(own["provenance"]) - {"options"}
        assert {key: line["provenance"][key] for key in keys} == {key: own["provenance"][key] for key in keys}

    def test_the_split_is_said_and_used(self, evaluate):
        lines = [evaluate(Choice(name="wasserstein", options={"n": 40}), split=split) for split in ("train", "test")]
        assert [line["provenance"]["split"] for line in lines] == ["train", "test"]

    def test_words_are_read_as_the_option_is(self, evaluate):
        assert evaluate(Choice(name="modes", options={"threshold": "3"}))["provenance"]["threshold"] == 3
        with pytest.raises(OptionError, match="threshold"):
            evaluate(Choice(name="modes", options={"threshold": "many"}))

    def test_what_cannot_be_taken_is_refused(self, evaluate):
        with pytest.raises(GpregError):
            evaluate(Choice(name="fid"))

"""The page on Python is run from its first block to its last, with fewer steps."""

import re
from functools import partial
from pathlib import Path

import pytest
import torch

import gpreg
from gpreg.errors import UsageError
from gpreg.experiments.choices import KEYWORDS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "how-to" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
FEWER = {
    "range(100)": "range(3)",
    "steps=3000": "steps=4",
    "steps=2500": "steps=6",
    "steps=3500": "steps=6",
    "1000": "200",
}
SHORT = {"tick": 2, "picture_ticks": 0, "score_ticks": 0, "score_samples": 200, "gap_samples": 0, "check_samples": 64}
CHOICES = {"training.steps": 4} | {f"report.{key}": value for key, value in SHORT.items()}


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the blocks have left behind."""
    found: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        patch.setattr(gpreg, "experiment", partial(shortened, gpreg.experiment))
        for block in BLOCKS:
            exec(re.sub("|".join(map(re.escape, FEWER)), lambda text: FEWER[text[0]], block), found)
        yield found


def shortened(experiment, *recipe, **choices):
    return experiment(*recipe, **({"set": CHOICES} | choices))


@pytest.mark.parametrize("folder", ["first", "ring"])
def test_a_run_goes_on_to_its_new_end(names, folder):
    assert gpreg.open_run(f"runs/{folder}").step == 6


def test_things_of_a_session_are_asked_for_again(names):
    assert gpreg.open_run("runs/ring", **names["things"]).sample(5).shape == (5, 2)
    with pytest.raises(UsageError, match="architecture"):
        gpreg.open_run("runs/ring").sample(5)


def test_choices_are_what_they_say(names):
    recipe = names["mine"].recipe
    assert (recipe.measure.name, recipe.measure.options["scale"]) == ("dragan", 0.25)
    assert (recipe.penalty.rho, recipe.penalty.every) == (2.0, 4)
    assert [each.recipe.training.seed for each in names["seeds"]] == [0, 1, 2]


def test_theory_answers(names):
    assert any("theorem" in line for line in names["examined"].lines)
    assert names["examined"].refusal is None
    assert len(names["stability"].ratios) == 4
    assert names["stability"].best_rho > 0


def test_samples_scores_and_pictures(names):
    assert names["points"].shape == (200, 2)
    assert torch.equal(names["points"], gpreg.open_run("runs/first", step=4).sample(200, seed=1))
    assert {row["metric"] for row in names["rows"]} == {"modes"}
    assert min(names["image"].size) > 100


def test_the_own_loop_moves_both_players(names):
    for network in (names["critic"], names["generator"]):
        assert all(parameter.grad is not None for parameter in network.parameters())


def test_every_keyword_that_the_page_names_is_one():
    named = set(re.findall(r"`(\w+)=[^`]*`", PAGE)) - {"which"}
    assert {"rho", "loss", "optimizer", "lr", "seed"} <= named
    assert named <= set(KEYWORDS)

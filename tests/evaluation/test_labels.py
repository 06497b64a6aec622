from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.evaluation.labels import LabelLaw, label_law
from gpreg.recipe import load


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_uniform_labels_are_those_of_randint():
    assert torch.equal(LabelLaw(classes=7).draw(100, rng(3)), torch.randint(7, (100,), generator=rng(3)))


def test_labels_by_their_weights():
    law = LabelLaw(classes=4, weights=(0, 300, 0, 100))
    shares = law.draw(20_000, rng()).bincount(minlength=4) / 20_000
    assert shares[0] == shares[2] == 0
    assert abs(shares[1] - 0.75) < 5 * (0.75 * 0.25 / 20_000) ** 0.5


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(any), st.integers(0, 1000))
def test_a_label_of_no_weight_is_never_drawn(weights, seed):
    drawn = LabelLaw(classes=len(weights), weights=tuple(weights)).draw(50, rng(seed))
    assert drawn.dtype == torch.int64
    assert all(weights[label] > 0 for label in drawn.tolist())


def test_only_some_labels_in_their_proportions():
    law = LabelLaw(classes=3, weights=(1, 3, 100))
    assert law.only([0, 1]).weights == (1, 3, 0)
    assert LabelLaw(classes=3).only([2]).draw(5, rng()).tolist() == [2] * 5
    assert LabelLaw(classes=3, weights=(1, 0, 0)).only([1, 2]).weights == (0, 1, 1), "asked for, though never seen"


class TestOfARecipe:
    @pytest.fixture
    def recipe(self, registry):
        def make(fake_labels):
            own = load("digits-resnet-stable", registry)
            return replace(own, training=replace(own.training, fake_labels=fake_labels))

        return make

    def test_it_is_uniform_unless_asked_for(self, recipe):
        assert label_law(recipe("uniform"), 2, (1, 9)) == LabelLaw(classes=2)
        for asked in ("frequency", "batch"):
            assert label_law(recipe(asked), 2, (1, 9)) == LabelLaw(classes=2, weights=(1, 9))
            assert label_law(recipe(asked), None, (1, 9)) is None

    def test_frequencies_that_are_not_known_are_refused(self, recipe):
        assert label_law(recipe("batch"), 2, None) == LabelLaw(classes=2)
        with pytest.raises(UsageError, match="needs to know how many samples each class has") as error:
            label_law(recipe("frequency"), 2, None)
        assert "fake_labels=batch" in error.value.remedy

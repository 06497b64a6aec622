import pytest
import torch

from gpreg.errors import DataError
from gpreg.recipe import load, override
from gpreg.runs.data import open_data
from gpreg.runs.plan import Supply


def whole(data):
    return data.take(data.size, rng=torch.Generator()).samples


def test_images_are_scaled_to_what_the_architecture_generates(registry):
    for recipe, low in (("digits", 0.0), ("digits-dcgan", -1.0)):
        samples = whole(open_data(Supply(registry=registry).plan(load(recipe, registry))))
        assert (samples.min(), samples.max()) == (low, 1.0)


def test_both_parts_of_the_data_can_be_had(registry):
    recipe = load("digits", registry)
    parts = [open_data(Supply(registry=registry).plan(recipe), split) for split in ("train", "test")]
    assert parts[0].size > parts[1].size > 0


def test_missing_data_says_where_it_was_looked_for(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = override(load("digits", registry), {"dataset.name": "cifar10"}, registry)[0]
    with pytest.raises(DataError, match=str(tmp_path / "data")):
        open_data(Supply(registry=registry, data_root=tmp_path / "data").plan(recipe))

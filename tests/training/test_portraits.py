import numpy as np
import pytest
import torch
from PIL import Image

from gpreg.runs.folder import RunFolder
from gpreg.training.portraits import Portraits


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "run", "")


def test_the_same_codes_each_time_and_nothing_changes(build, folder):
    experiment = build("digits", {"training.batch_size": 4})
    state, weights = torch.get_rng_state(), [p.clone() for p in experiment.generator.parameters()]
    experiment.generator.train()
    drawn = [dict(Portraits(experiment, folder).draw(step))["samples"] for step in (5, 10)]
    assert torch.equal(*drawn)
    assert drawn[0].shape[:2] == (1, 3)
    assert experiment.generator.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(map(torch.equal, experiment.generator.parameters(), weights))
    for step in (5, 10):
        with Image.open(folder.samples / f"step-{step:09d}.png") as image:
            assert image.size == (drawn[0].shape[3], drawn[0].shape[2])
    assert not (folder.path / "interpolation.png").exists(), "only at the end"


def test_each_column_is_a_class(build, folder):
    experiment = build("digits-resnet-stable", {"training.batch_size": 4})
    seen = []
    experiment.sampled.register_forward_hook(lambda module, inputs, output: seen.append(inputs[1]))
    list(Portraits(experiment, folder).draw(5))
    assert torch.equal(seen[0], torch.arange(64) % 10)


def test_the_average_is_drawn(build, folder):
    experiment = build("digits", {"training.batch_size": 4, "average.halflife_kimg": 1.0})
    before = dict(Portraits(experiment, folder).draw(5))["samples"]
    with torch.no_grad():
        for parameter in experiment.generator.parameters():
            parameter.add_(1.0)
    assert torch.equal(dict(Portraits(experiment, folder).draw(5))["samples"], before)
    with torch.no_grad():
        for parameter in experiment.average.generator.parameters():
            parameter.add_(1.0)
    assert not torch.equal(dict(Portraits(experiment, folder).draw(5))["samples"], before)


def test_samples_that_have_no_picture(build, folder, tmp_path):
    np.savez(tmp_path / "points.npz", x=np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32))
    experiment = build("plane", {"dataset": {"name": "npz", "file": str(tmp_path / "points.npz")}})
    folder.stats.append({"step": 5, "critic_loss": 1.0, "generator_loss": 1.0, "penalty": 1.0})
    assert list(Portraits(experiment, folder).draw(20)) == []
    assert list(folder.samples.iterdir()) == []
    assert (folder.path / "curves.png").is_file()

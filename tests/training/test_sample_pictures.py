import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gpreg.objects import adopt
from gpreg.pictures import style
from gpreg.recipe import load, override
from gpreg.registry.registry import load_registry
from gpreg.runs.plan import Supply
from gpreg.training.sample_pictures import SamplePictures
from gpreg.training.setup import set_up


class Coded(nn.Module):
    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.code, self.net = nn.Embedding(3, 2), nn.Linear(4, 2)

    def forward(self, x, labels):
        return self.net(torch.cat([x, self.code(labels)], 1))


class Judge(Coded):
    def forward(self, x, labels):
        return super().forward(x, labels).sum(1, keepdim=True)


@pytest.fixture
def folder(new_run, tmp_path):
    return new_run(tmp_path / "run", "")


def test_the_same_codes_each_time_and_nothing_changes(build, folder):
    experiment = build("digits", {"training.batch_size": 4})
    state, weights = torch.get_rng_state(), [p.clone() for p in experiment.generator.parameters()]
    experiment.generator.train()
    drawn = [dict(SamplePictures(experiment, folder).draw(step))["samples"] for step in (5, 10)]
    assert torch.equal(*drawn)
    assert drawn[0].shape[:2] == (1, 3)
    assert experiment.generator.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(map(torch.equal, experiment.generator.parameters(), weights))
    for step in (5, 10):
        with Image.open(folder.samples / f"step-{step:09d}.png") as image:
            assert image.size == (drawn[0].shape[3], drawn[0].shape[2])
    assert not (folder.path / "interpolation.png").exists(), "only at the end"


def test_each_row_is_a_class(build, folder):
    experiment = build("digits-resnet-stable", {"training.batch_size": 4})
    seen = []
    experiment.sampled.register_forward_hook(lambda module, inputs, output: seen.append(inputs[1]))
    list(SamplePictures(experiment, folder).draw(5))
    assert torch.equal(seen[0], torch.arange(10).repeat_interleave(8))


def test_the_plane_of_a_conditional_run_shows_the_critic_s_mean_over_the_classes(folder, monkeypatch):
    labels = torch.arange(40) % 3
    registry, named = adopt(load_registry(), {"dataset": (torch.randn(40, 2), labels), "architecture": (Coded, Judge)})
    things = {f"{kind}.name": name for kind, name in named.items()}
    recipe, _ = override(
        load("plane", registry), {**things, "training.batch_size": 8, "training.conditional": True}, registry
    )
    setup = set_up(Supply(registry=registry).plan(recipe))
    drawn = []
    monkeypatch.setattr(
        "gpreg.training.sample_pictures.plane", lambda *args, **rest: drawn.append((args, rest)) or style.figure(9, 9)
    )
    list(SamplePictures(setup, folder).draw(5))
    points = torch.randn(7, 2)
    each = torch.stack([setup.critic(points, torch.full((7,), label)) for label in range(3)])
    assert torch.equal(drawn[0][0][2](points), each.mean(0)[:, 0])
    assert drawn[0][1]["title"] == "mid on session.tensor, step 5, mean over classes"


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (3, 3), (40, 16)])
def test_many_classes_are_shown_in_part(build, folder, tmp_path, n, rows):
    images = np.random.default_rng(0).integers(0, 256, (2 * n + 8, 1, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", x=images, y=np.arange(2 * n + 8) % n)
    choices = {"training.batch_size": 4, "dataset": {"name": "npz", "file": str(tmp_path / "own.npz")}}
    drawn = dict(SamplePictures(build("digits-resnet-stable", choices), folder).draw(20))
    caption = 21 if rows < n else 0
    assert drawn["samples"].shape[2] == rows * 66 + 2 + caption
    assert drawn["real"].shape[2] == rows * 66 + 2 + caption
    assert (folder.path / "interpolation.png").is_file()


def test_classes_that_are_too_rare_for_a_row_leave_a_plain_grid(build, folder, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (600, 1, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", x=images, y=np.r_[np.arange(20, 60), np.full(560, 60)])
    choices = {"training.batch_size": 4, "dataset": {"name": "npz", "file": str(tmp_path / "own.npz")}}
    drawn = dict(SamplePictures(build("digits-resnet-stable", choices), folder).draw(5))
    assert drawn["real"].shape[2:] == (12 * 66 + 2, 12 * 66 + 2) or drawn["real"].shape[2] % 66 == 2


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_real_samples_as_the_critic_gets_them(build, folder, noise):
    experiment = build("digits", {"training.batch_size": 4, "training.noise": noise})
    states = [own.get_state() for own in (experiment.noise, experiment.draws, experiment.latents)]
    place = experiment.stream.state_dict()
    drawn = dict(SamplePictures(experiment, folder).draw(0))
    assert list(dict(SamplePictures(experiment, folder).draw(5))) == ["samples"], "once is enough"
    assert all(
        map(torch.equal, states, [own.get_state() for own in (experiment.noise, experiment.draws, experiment.latents)])
    )
    assert experiment.stream.state_dict() == place
    with Image.open(folder.samples / "real.png") as image:
        pixels = torch.tensor(np.asarray(image))
    assert torch.equal(drawn["real"][0], pixels.permute(2, 0, 1) / 255)
    assert pixels.shape == (8 * 66 + 2, 8 * 66 + 2, 3)
    tile = pixels[2:66, 2:66, 0].unfold(0, 8, 8).unfold(1, 8, 8)[..., 0, 0].float() / 255
    whole = experiment.data.take(experiment.data.size, rng=torch.Generator()).samples[:, 0]
    distance = (whole - tile).abs().amax((1, 2)).min()
    assert (distance < 1 / 255) if not noise else (0.1 < distance < 0.5)


def test_the_average_is_drawn(build, folder):
    experiment = build("digits", {"training.batch_size": 4, "average.halflife_kimg": 1.0})
    before = dict(SamplePictures(experiment, folder).draw(5))["samples"]
    with torch.no_grad():
        for parameter in experiment.generator.parameters():
            parameter.add_(1.0)
    assert torch.equal(dict(SamplePictures(experiment, folder).draw(5))["samples"], before)
    with torch.no_grad():
        for parameter in experiment.average.generator.parameters():
            parameter.add_(1.0)
    assert not torch.equal(dict(SamplePictures(experiment, folder).draw(5))["samples"], before)


def test_samples_that_have_no_picture(build, folder, tmp_path):
    np.savez(tmp_path / "points.npz", x=np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32))
    experiment = build("plane", {"dataset": {"name": "npz", "file": str(tmp_path / "points.npz")}})
    folder.stats.append({"step": 5, "critic_loss": 1.0, "generator_loss": 1.0, "penalty": 1.0})
    assert list(SamplePictures(experiment, folder).draw(20)) == []
    assert list(folder.samples.iterdir()) == []
    assert (folder.path / "curves.png").is_file()

"""What every kind of data promises: the conformance kit, and what is promised here beyond it."""

import numpy as np
import pytest
import torch
from PIL import Image

import gpreg
from gpreg.interfaces import Opening
from gpreg.testing import dataset_checks
from gpreg.testing.datasets import DATASET_CHECKS, says_what_is_missing

KINDS = {
    "8gaussians": {},
    "25gaussians": {"convention": "0gp"},
    "swissroll": {},
    "two-gaussians": {"points": 37},
    "two-gaussians endless": {"points": None},
    "digits": {"size": 8},
    "mnist": {},
    "emoji": {"size": 8},
    "stacked-mnist": {"triples": 37},
    "image-folder in memory": {"in_memory": True, "workers": 0, "size": 8, "holdout": 0, "classes": True},
    "image-folder streamed": {"in_memory": False, "workers": 0, "size": 8, "holdout": 0, "mirror": True},
    "image-folder with workers": {"in_memory": False, "workers": 2, "size": 8, "holdout": 0, "classes": True},
    "npz images": {},
    "npz vectors": {},
}
FINITE = [kind for kind in KINDS if kind not in ("8gaussians", "25gaussians", "swissroll", "two-gaussians endless")]


@pytest.fixture
def made(request, tmp_path, write_idx, write_images, write_font):
    """Name and options of a dataset, whose files have been written."""
    name, _, variant = request.param.partition(" ")
    options = dict(KINDS[request.param])
    if name in ("mnist", "stacked-mnist"):
        options["folder"] = write_idx(tmp_path, apart=100)
    if name == "image-folder":
        write_images(tmp_path / "images" / "a", 20)
        write_images(tmp_path / "images" / "b", 17, first=100)
        options["folder"] = tmp_path / "images"
    if name == "emoji":
        colours = {chr(0x1F600 + number): (number, 100, 200, 255) for number in range(37)}
        pictures = {text: Image.new("RGBA", (136, 128), colour) for text, colour in colours.items()}
        options["font"] = write_font(tmp_path / "font.ttf", pictures)
    if name == "npz":
        x = {
            "images": np.arange(37 * 12, dtype=np.uint8).reshape(37, 3, 2, 2),
            "vectors": np.random.RandomState(0).randn(37, 5),
        }
        np.savez(tmp_path / "data.npz", x=x[variant], y=np.arange(37) % 4)
        options["file"] = tmp_path / "data.npz"
    return name, options


@pytest.fixture
def data(made):
    return gpreg.load_registry().build("dataset", *made).open(Opening())


every_kind = pytest.mark.parametrize("made", KINDS, indirect=True)
every_finite_kind = pytest.mark.parametrize("made", FINITE, indirect=True)


@every_kind
@pytest.mark.parametrize("check", DATASET_CHECKS, ids=lambda check: check.__name__)
def test_conforms(made, check):
    next(one for one in dataset_checks(*made) if one.function is check)()


@pytest.mark.parametrize(
    "check",
    [
        check
        for spec in gpreg.load_registry().list("dataset")
        for check in dataset_checks(spec.name)
        if spec.availability in ("synthetic", "bundled") or check.function is says_what_is_missing
    ],
    ids=str,
)
def test_conforms_without_any_files(check):
    check()


def batches(stream, n):
    return [next(stream) for _ in range(n)]


@every_finite_kind
def test_take_all_is_the_dataset(data):
    everything = data.take(data.size, rng=torch.Generator()).samples.flatten(1)
    epoch = torch.cat([batch.samples for batch in batches(data.stream(1, seed=0), data.size)]).flatten(1)
    assert torch.equal(*(torch.tensor(sorted(rows.tolist())) for rows in (everything, epoch)))


@pytest.mark.parametrize("device", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
@every_finite_kind
def test_batches_arrive_on_the_device_in_one_order_for_all_devices(data, device):
    stream = data.stream(7, seed=5, device=device)
    for expected in batches(data.stream(7, seed=5), 6):
        samples, labels = next(stream)
        assert samples.device.type == device
        torch.testing.assert_close(samples.cpu(), expected.samples)
        assert labels is None or torch.equal(labels.cpu(), expected.labels)

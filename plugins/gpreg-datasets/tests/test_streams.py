"""What every kind of stream promises."""

import numpy as np
import pytest
import torch

import gpreg
from gpreg.errors import DataError
from gpreg.interfaces import Opening

KINDS = {
    "8gaussians": {},
    "25gaussians": {"convention": "0gp"},
    "swissroll": {},
    "two-gaussians": {"points": 37},
    "two-gaussians endless": {"points": None},
    "digits": {"size": 8},
    "mnist": {},
    "stacked-mnist": {"triples": 37},
    "image-folder in memory": {"in_memory": True, "workers": 0, "size": 8, "holdout": 0, "classes": True},
    "image-folder streamed": {"in_memory": False, "workers": 0, "size": 8, "holdout": 0, "mirror": True},
    "image-folder with workers": {"in_memory": False, "workers": 2, "size": 8, "holdout": 0, "classes": True},
    "npz images": {},
    "npz vectors": {},
}
FINITE = [kind for kind in KINDS if kind not in ("8gaussians", "25gaussians", "swissroll", "two-gaussians endless")]


@pytest.fixture(params=KINDS)
def data(request, tmp_path, write_idx, write_images):
    name, _, variant = request.param.partition(" ")
    options = dict(KINDS[request.param])
    if name in ("mnist", "stacked-mnist"):
        options["folder"] = write_idx(tmp_path)
    if name == "image-folder":
        write_images(tmp_path / "images" / "a", 20)
        write_images(tmp_path / "images" / "b", 17, first=100)
        options["folder"] = tmp_path / "images"
    if name == "npz":
        x = {
            "images": np.arange(37 * 12, dtype=np.uint8).reshape(37, 3, 2, 2),
            "vectors": np.random.RandomState(0).randn(37, 5),
        }
        np.savez(tmp_path / "data.npz", x=x[variant], y=np.arange(37) % 4)
        options["file"] = tmp_path / "data.npz"
    return gpreg.load_registry().build("dataset", name, options).open(Opening())


def batches(stream, n):
    return [next(stream) for _ in range(n)]


def assert_same(left, right):
    for one, other in zip(left, right, strict=True):
        assert torch.equal(one.samples, other.samples)
        assert (one.labels is None) == (other.labels is None)
        assert one.labels is None or torch.equal(one.labels, other.labels)


def test_batches_are_full_and_as_specified(data):
    for samples, labels in batches(data.stream(7, seed=0), 12):
        assert samples.shape == (7, *data.spec.shape)
        assert samples.dtype == torch.float32
        assert samples.isfinite().all()
        if data.spec.value_range:
            assert samples.min() >= data.spec.value_range[0]
            assert samples.max() <= data.spec.value_range[1]
        assert (labels is None) == (data.spec.classes is None)
        if labels is not None:
            assert labels.shape == (7,)
            assert labels.dtype == torch.int64
            assert labels.min() >= 0
            assert labels.max() < data.spec.classes


def test_the_seed_fixes_the_batches(data):
    first, second = (batches(data.stream(7, seed=5), 7) for _ in range(2))
    assert_same(first, second)
    assert not torch.equal(first[0].samples, next(data.stream(7, seed=6)).samples)


def test_a_state_continues_bit_for_bit_in_the_middle_of_an_epoch(data, tmp_path):
    stream = data.stream(7, seed=5)
    batches(stream, 8)  # 37 samples: in the middle of the second epoch
    torch.save(dict(stream.state_dict()), tmp_path / "state.pt")
    expected = batches(stream, 6)
    fresh = data.stream(7, seed=5)
    fresh.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert_same(expected, batches(fresh, 6))


def test_a_stream_under_way_can_be_set_back(data):
    stream = data.stream(7, seed=5)
    state = stream.state_dict()
    first = batches(stream, 6)
    stream.load_state_dict(state)
    assert_same(first, batches(stream, 6))


def test_two_processes_see_what_one_with_the_doubled_batch_sees(data):
    alone = data.stream(14, seed=5)
    together = [data.stream(7, seed=5, rank=rank, ranks=2) for rank in (0, 1)]
    for _ in range(6):
        whole, parts = next(alone), [next(stream) for stream in together]
        assert torch.equal(whole.samples, torch.cat([part.samples for part in parts]))
        if whole.labels is not None:
            assert torch.equal(whole.labels, torch.cat([part.labels for part in parts]))


def test_take_draws_from_the_given_generator_alone(data):
    first, second = (data.take(9, rng=torch.Generator().manual_seed(3)) for _ in range(2))
    assert_same([first], [second])
    assert first.samples.shape == (9, *data.spec.shape)
    other = data.take(9, rng=torch.Generator().manual_seed(4))
    assert not torch.equal(first.samples, other.samples)


@pytest.mark.parametrize("data", FINITE, indirect=True)
def test_take_all_is_the_dataset_and_one_more_is_refused(data):
    everything = data.take(data.size, rng=torch.Generator()).samples.flatten(1)
    epoch = torch.cat([batch.samples for batch in batches(data.stream(1, seed=0), data.size)]).flatten(1)
    assert torch.equal(*(torch.tensor(sorted(rows.tolist())) for rows in (everything, epoch)))
    with pytest.raises(DataError, match=f"{data.size + 1} different samples"):
        data.take(data.size + 1, rng=torch.Generator())


@pytest.mark.parametrize("data", FINITE, indirect=True)
def test_fewer_samples_than_a_batch_are_refused(data):
    with pytest.raises(DataError, match="fewer than one batch"):
        data.stream(data.size // 2 + 1, seed=0, ranks=2)


@pytest.mark.parametrize("device", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
@pytest.mark.parametrize("data", FINITE, indirect=True)
def test_batches_arrive_on_the_device_in_one_order_for_all_devices(data, device):
    stream = data.stream(7, seed=5, device=device)
    for expected in batches(data.stream(7, seed=5), 6):
        samples, labels = next(stream)
        assert samples.device.type == device
        torch.testing.assert_close(samples.cpu(), expected.samples)
        assert labels is None or torch.equal(labels.cpu(), expected.labels)

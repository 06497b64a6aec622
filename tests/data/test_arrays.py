import pytest
import torch

from gpreg.data.arrays import ArrayData

IMAGES = torch.arange(5 * 3 * 2 * 3, dtype=torch.uint8).view(5, 3, 2, 3)
LABELS = torch.tensor([0, 2, 2, 1, 2])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_mirrored_each_sample_is_there_twice_as_it_is_and_reversed(dtype):
    data = ArrayData(IMAGES.to(dtype), LABELS, classes=3, value_range=(0.0, 255.0), mirror=True)
    assert data.size == 10
    assert data.class_counts == (2, 2, 6)
    samples, labels = data.gather(torch.arange(10))
    assert torch.equal(samples, torch.cat([IMAGES, IMAGES.flip(-1)]).float())
    assert torch.equal(labels, torch.cat([LABELS, LABELS]))


def test_a_mirrored_stream_continues_bit_for_bit_and_is_one_of_its_size():
    data = ArrayData(IMAGES, LABELS, classes=3, mirror=True)
    stream = data.stream(3, seed=0)
    for _ in range(2):
        next(stream)
    state = stream.state_dict()
    expected = [next(stream) for _ in range(5)]
    fresh = data.stream(3, seed=0)
    fresh.load_state_dict(state)
    for batch in expected:
        samples, labels = next(fresh)
        assert torch.equal(samples, batch.samples)
        assert torch.equal(labels, batch.labels)
    epoch = torch.cat([next(data.stream(10, seed=4)).samples.flatten(1)])
    assert len(epoch.unique(dim=0)) == 10


def test_classes_are_counted():
    assert ArrayData(IMAGES, LABELS, classes=4).class_counts == (1, 1, 3, 0)
    assert ArrayData(IMAGES).class_counts is None

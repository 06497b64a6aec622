import weakref

import pytest
import torch

from gpreg.errors import GpregError, UsageError
from gpreg_metrics.images import BATCH, generated_images, real_images, to_bytes


@pytest.mark.parametrize("span", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-0.3, 2.7)])
def test_bytes_come_back_from_any_range(span):
    pixels = torch.arange(256, dtype=torch.uint8)
    low, high = span
    assert torch.equal(to_bytes(low + (high - low) * (pixels.float() / 255), span), pixels)


def test_what_lies_outside_is_clipped_and_what_lies_between_is_rounded():
    values = torch.tensor([-3.0, -1.0, 0.0, 0.999, 5.0], requires_grad=True)
    assert to_bytes(values, (-1.0, 1.0)).tolist() == [0, 0, 128, 255, 255]


def test_batches_of_any_size_become_small_ones(random_pictures):
    data = random_pictures(3 * BATCH + 7)
    parts = list(generated_images(data.scaled().split(2 * BATCH), data, "m"))
    assert max(map(len, parts)) == BATCH
    assert torch.equal(torch.cat(parts), data.pixels)


def test_no_batch_is_held_while_the_next_is_generated(random_pictures):
    data, alive = random_pictures(4), []

    def batches():
        for _ in range(5):
            assert [batch() for batch in alive] == [None] * len(alive)
            batch = torch.zeros(2 * BATCH, 3, 8, 8)
            alive.append(weakref.ref(batch))
            yield batch
            del batch

    for part in generated_images(batches(), data, "m"):
        assert part.dtype == torch.uint8
    assert len(alive) == 5


@pytest.mark.parametrize("size", [1, BATCH - 1, BATCH, 2 * BATCH + 3])
def test_each_real_image_comes_once_in_the_same_order(pictures, size):
    numbers = torch.arange(size)
    data = pictures(numbers.to(torch.uint8)[:, None, None, None].expand(-1, 1, 4, 4), numbers)
    first, second = (list(real_images(data, "m", size)) for _ in range(2))
    labels = torch.cat([batch.labels for batch in first])
    assert labels.sort().values.tolist() == numbers.tolist()
    assert torch.equal(torch.cat([batch.samples for batch in first])[:, 0, 0, 0], labels.to(torch.uint8))
    assert torch.equal(labels, torch.cat([batch.labels for batch in second]))


def test_vectors_are_refused(cloud):
    with pytest.raises(UsageError, match=r"'m' scores images of shape \(C, H, W\).*shape \(2,\)"):
        next(generated_images([torch.zeros(1, 2)], cloud(torch.zeros(3, 2)), "m"))


def test_an_unknown_value_range_is_refused(random_pictures):
    with pytest.raises(UsageError, match="which value is black"):
        next(generated_images([torch.zeros(1, 3, 8, 8)], random_pictures(4, value_range=None), "m"))


def test_samples_of_another_shape_are_refused(random_pictures):
    with pytest.raises(UsageError, match=r"shape \(1, 8, 8\) for data of shape \(3, 8, 8\)"):
        next(generated_images([torch.zeros(1, 1, 8, 8)], random_pictures(4), "m"))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_samples_that_are_not_finite_are_refused(random_pictures, value):
    with pytest.raises(GpregError, match="not finite"):
        next(generated_images([torch.full((1, 3, 8, 8), value)], random_pictures(4), "m"))

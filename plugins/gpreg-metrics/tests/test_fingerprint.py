import gc

import torch

from gpreg_metrics import fingerprint as module
from gpreg_metrics.fingerprint import fingerprint


def changed(data, **settings):
    return type(data)(data.pixels.clone(), data.labels.clone(), **({"classes": 10} | settings))


def test_tells_images_and_labels_apart_and_nothing_else(patterns):
    data = patterns(120)
    again, other_range, other_classes, pixel, label = (
        changed(data),
        changed(data, value_range=(0.0, 1.0)),
        changed(data, classes=11),
        changed(data),
        changed(data),
    )
    pixel.pixels[77, 0, 3, 3] += 1
    label.labels[77] = 3
    own = fingerprint(data, "m")
    assert len(own) == 64
    assert fingerprint(again, "m") == fingerprint(other_range, "m") == own
    assert len({own, *(fingerprint(other, "m") for other in (other_classes, pixel, label))}) == 4


def test_an_open_dataset_is_read_once_and_not_kept_alive(patterns):
    data = patterns(60)
    assert fingerprint(data, "m") == fingerprint(data, "m")
    assert data.reads == 1
    key = id(data)
    del data
    gc.collect()
    assert key not in module._known


def test_of_data_without_end_a_part_is_hashed(random_pictures, monkeypatch):
    monkeypatch.setattr(module, "ENDLESS", 30)
    one, same, other = (random_pictures(100, endless=True, seed=seed) for seed in (0, 0, 1))
    assert fingerprint(one, "m") == fingerprint(same, "m") != fingerprint(other, "m")


def test_data_without_labels_differ_from_data_with(patterns, pictures):
    data = patterns(60)
    assert fingerprint(pictures(data.pixels, classes=10), "m") != fingerprint(data, "m")
    assert torch.equal(data.labels, torch.arange(60) % 10)

import logging

import pytest
import torch

from gpreg.errors import DataError, UsageError
from gpreg_metrics import classifier_training
from gpreg_metrics.classifier_training import Schedule, trained_classifier, whole_images


def train(data, cache=None):
    return trained_classifier(data, "m", whole_images(data, "m"), cache=cache)


def weights_of(classifier):
    return [weight.clone() for weight in classifier.network.state_dict().values()]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 12)])
def test_learns_what_can_be_learnt(patterns, shape):
    classifier = train(patterns(400, shape))
    assert classifier.accuracy == 1.0
    assert (classifier.training_images, classifier.held_out_images, classifier.classes) == (360, 40, 10)
    fresh = patterns(50, shape, seed=1)
    assert torch.equal(classifier.predict(fresh.pixels), fresh.labels)


def test_held_out_accuracy_is_that_of_guessing_where_there_is_nothing_to_learn(random_pictures):
    labels = torch.arange(600) % 10
    data = random_pictures(600, (1, 8, 8), labels=labels, classes=10)
    assert train(data).accuracy < 0.35  # 60 images, a tenth of them right by chance


def test_is_trained_once_and_kept(patterns, tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="gpreg"):
        first = train(patterns(200), tmp_path)
    assert "training a classifier of 10 classes on 180 images" in caplog.text
    assert "epoch 10 of 10" in caplog.text
    assert "100.0 % of 20 held-out images" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="gpreg"):
        second = train(patterns(200, value_range=(0.0, 1.0)), tmp_path)
    assert not caplog.records
    assert second.sha256 == first.sha256
    assert second.provenance == first.provenance
    assert all(map(torch.equal, weights_of(first), weights_of(second)))


def test_the_same_data_give_the_same_classifier_and_others_another(patterns, tmp_path):
    first, again = train(patterns(100), tmp_path / "a"), train(patterns(100), tmp_path / "b")
    other = train(patterns(100, seed=1), tmp_path / "a")
    assert first.sha256 == again.sha256 != other.sha256


def test_copies_of_an_image_are_never_on_both_sides(pictures, random_pictures):
    few = random_pictures(20, (1, 8, 8)).pixels
    classifier = train(pictures(few.repeat(30, 1, 1, 1), torch.arange(20).repeat(30) % 2, classes=2))
    assert (classifier.training_images, classifier.held_out_images) == (18, 2)


def test_no_more_is_read_and_used_than_the_schedule_says(patterns, monkeypatch):
    monkeypatch.setattr(classifier_training, "SCHEDULE", Schedule(read=300, images=120, epochs=1))
    classifier = train(patterns(5000, endless=True))
    assert classifier.training_images + classifier.held_out_images == 120
    monkeypatch.setattr(classifier_training, "SCHEDULE", Schedule(read=90, images=120, epochs=1))
    classifier = train(patterns(5000))
    assert classifier.training_images + classifier.held_out_images == 90


@torch.no_grad()
def test_learns_where_gradients_are_off(patterns):
    assert train(patterns(200)).accuracy == 1.0


def test_another_schedule_is_another_classifier(patterns, tmp_path, monkeypatch):
    first = train(patterns(100), tmp_path)
    monkeypatch.setattr(classifier_training, "SCHEDULE", Schedule(seed=1))
    assert train(patterns(100), tmp_path).sha256 != first.sha256


def test_data_without_labels_are_refused(random_pictures):
    with pytest.raises(UsageError, match="has none") as caught:
        train(random_pictures(50))
    assert "fashion-mnist" in caught.value.remedy


def test_tiny_images_are_refused(patterns):
    with pytest.raises(UsageError, match="from 4x4 pixels"):
        train(patterns(50, (1, 8, 3)))


def test_vectors_are_refused(cloud):
    data = cloud(torch.zeros(50, 2))
    with pytest.raises(UsageError):
        train(data)


def test_too_few_different_images_are_refused(pictures):
    data = pictures(torch.zeros(500, 1, 8, 8, dtype=torch.uint8), torch.zeros(500).long(), classes=1)
    with pytest.raises(DataError, match="only 1 different images"):
        train(data)

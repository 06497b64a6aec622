import logging
import math

import pytest
import torch

from gpreg.errors import DataError, UsageError
from gpreg_metrics import classifier_training
from gpreg_metrics.classifier import TrainedClassifier
from gpreg_metrics.classifier_training import Schedule, check_learnt, trained_classifier, whole_images


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


@pytest.mark.parametrize(("n", "classes"), [(600, 10), (200, 2), (60, 60), (20, 2), (1000, 500)])
def test_labels_that_cannot_be_learnt_are_refused(random_pictures, n, classes):
    """Random images; with as many classes as images, each has one."""
    data = random_pictures(n, (1, 8, 8), labels=torch.arange(n) % classes, classes=classes)
    with pytest.raises(DataError, match=r"metric 'm' .* could not be learnt") as caught:
        train(data)
    assert f"% of {n // 10} held-out images, of {classes} classes" in caught.value.message
    assert f"the most frequent one alone is {100 / classes:.1f} %" in caught.value.message
    assert f"trained on {n - n // 10} images" in caught.value.message
    assert "fid" in caught.value.remedy


def test_a_refusal_is_kept_too(random_pictures, tmp_path, caplog):
    labels = torch.arange(200) % 10
    for _ in range(2):
        with caplog.at_level(logging.INFO, logger="gpreg"), pytest.raises(DataError, match="could not be learnt"):
            train(random_pictures(200, (1, 8, 8), labels=labels, classes=10), tmp_path)
    assert caplog.text.count("training a classifier") == 1


def test_one_class_alone_is_refused(patterns, random_pictures):
    lone = random_pictures(100, (1, 8, 8), labels=torch.zeros(100).long(), classes=10)
    with pytest.raises(DataError, match="all 100 different images are of one class"):
        train(lone)


def test_a_class_that_is_most_of_the_data_is_no_accuracy(random_pictures):
    labels = (torch.arange(300) % 20 == 0).long()
    with pytest.raises(DataError, match=r"the most frequent one alone is 95\.0 %"):
        train(random_pictures(300, (1, 8, 8), labels=labels, classes=2))


@pytest.mark.parametrize(
    ("correct", "held_out", "majority", "learnt"),
    [
        (6, 10, 0.1, True),  # the probability of 6 or more is 1.5e-4
        (4, 10, 0.1, False),  # 0.0128
        (5, 5, 0.5, False),  # 1/32
        (7, 7, 0.5, True),  # 1/128
        (2, 2, 0.099, True),  # 0.0098
        (2, 2, 0.101, False),  # 0.0102
        (100, 100, 1.0, False),
        (0, 100, 0.1, False),
    ],
)
def test_the_rule_worked_out_by_hand(correct, held_out, majority, learnt):
    classifier = TrainedClassifier(
        network=None,
        sha256="h",
        correct=correct,
        majority=majority,
        training_images=9 * held_out,
        held_out_images=held_out,
        classes=10,
    )
    chance = sum(
        math.comb(held_out, k) * majority**k * (1 - majority) ** (held_out - k) for k in range(correct, held_out + 1)
    )
    assert (chance <= 0.01) is learnt
    if learnt:
        check_learnt(classifier, "m")
    else:
        with pytest.raises(DataError):
            check_learnt(classifier, "m")


def test_is_trained_once_and_kept(patterns, tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="gpreg"):
        first = train(patterns(200), tmp_path)
    assert "training a classifier of 10 classes on 180 images" in caplog.text
    assert "epoch 10 of 10" in caplog.text
    assert "metric 'm' looks through a classifier that is right about 100.0 % of 20 held-out images" in caplog.text
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
    with pytest.raises(DataError, match=r"trained on 18 images.* of 2 held-out images"):
        train(pictures(few.repeat(30, 1, 1, 1), torch.arange(20).repeat(30) % 2, classes=2))


def test_no_more_is_read_and_used_than_the_schedule_says(patterns, monkeypatch):
    monkeypatch.setattr(classifier_training, "SCHEDULE", Schedule(read=300, images=120, epochs=5))
    classifier = train(patterns(5000, endless=True))
    assert classifier.training_images + classifier.held_out_images == 120
    monkeypatch.setattr(classifier_training, "SCHEDULE", Schedule(read=90, images=120, epochs=5))
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
    assert "an image folder with -D classes=true" in caught.value.remedy


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


def test_an_image_and_its_mirror_image_are_never_on_both_sides(pictures, random_pictures):
    few = random_pictures(30, (1, 8, 8)).pixels
    with pytest.raises(DataError, match=r"trained on 27 images.* of 3 held-out images"):
        train(pictures(torch.cat([few, few.flip(-1)]), torch.arange(60) % 2, classes=2))

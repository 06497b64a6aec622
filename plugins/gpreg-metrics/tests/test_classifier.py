import pytest
import torch

from gpreg_metrics.classifier import FEATURES, Classifier, TrainedClassifier, shrink


@pytest.fixture(autouse=True)
def _building_draws_from_torchs_global_state():
    with torch.random.fork_rng(devices=[]):
        yield


def noise(*shape):
    return torch.randint(256, shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 48), (2, 5, 9)])
def test_adapts_to_channels_and_sizes(shape):
    network = Classifier(shape, classes=7)
    images = noise(5, *shape)
    assert network.penultimate(images).shape == (5, FEATURES)
    assert network(images).shape == (5, 7)
    assert network(images).std(dim=0).min() > 0


def test_large_images_are_averaged_down_and_small_ones_left_alone():
    image = noise(2, 1, 32, 20)
    assert shrink(image) is image
    assert torch.equal(
        shrink(image.repeat_interleave(3, 2).repeat_interleave(2, 3)), shrink(image.repeat_interleave(2, 3))
    )
    assert shrink(noise(1, 3, 100, 40)).shape == (1, 3, 32, 32)
    assert torch.equal(shrink(torch.full((1, 1, 33, 64), 200, dtype=torch.uint8)), torch.full((1, 1, 32, 32), 200))


def test_features_probabilities_and_classes_are_those_of_one_network():
    network = Classifier((1, 8, 8), classes=4).eval()
    trained = TrainedClassifier(
        network=network, sha256="h", correct=1, majority=0.25, training_images=1, held_out_images=1, classes=4
    )
    images = noise(6, 1, 8, 8)
    features = torch.cat(list(trained.features(images.split(4))))
    log_p = trained.log_probabilities(features)
    assert log_p.dtype == torch.float64
    assert not log_p.requires_grad
    assert torch.allclose(log_p, network(images).double().log_softmax(dim=1), atol=1e-5)
    assert torch.equal(trained.predict(images), log_p.argmax(dim=1))

import torch

LABELS = torch.tensor([0, 1])
FAKE_LABELS = torch.tensor([2, 3])


def test_real_and_fake_are_the_batches(draw, pair):
    real, fake = pair
    assert torch.equal(draw("pd", real=real).points, real)
    assert torch.equal(draw("pg", fake=fake).points, fake)
    assert torch.equal(draw("pd+pg", real=real, fake=fake).points, torch.cat([real, fake]))


def test_sum_integrates_to_the_sum_of_the_means_even_for_unequal_batches(draw, pair):
    real, fake = pair[0][:700], pair[1]
    sample = draw("pd+pg", real=real, fake=fake)
    h = sample.points.flatten(1).square().sum(1)
    expected = real.flatten(1).square().sum(1).mean() + fake.flatten(1).square().sum(1).mean()
    torch.testing.assert_close((sample.weights * h).mean(), expected)


def test_labels_are_those_of_each_batch(draw):
    x = torch.zeros(2, 2)
    material = {"real": x, "fake": x, "labels": LABELS, "fake_labels": FAKE_LABELS}
    assert torch.equal(draw("pd", **material).labels, LABELS)
    assert torch.equal(draw("pg", **material).labels, FAKE_LABELS)
    assert torch.equal(draw("pd+pg", **material).labels, torch.cat([LABELS, FAKE_LABELS]))
    assert torch.equal(draw("pg", fake=x, labels=LABELS).labels, LABELS)

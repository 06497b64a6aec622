import pytest
import torch
from torch import nn

from gpreg.errors import UsageError
from gpreg_architectures.conditioning import ClassOutput, LabelledCode, matched_labels

LABELS = torch.tensor([2, 0, 1])


def test_embedding_has_length_one_and_follows_the_code():
    code = LabelledCode(4, 6, classes=3)
    z = torch.randn(3, 4)
    output = code(z, LABELS)
    assert output.shape == (3, code.features) == (3, 10)
    assert torch.equal(output[:, :4], z)
    torch.testing.assert_close(output[:, 4:].norm(dim=1), torch.ones(3))
    direction = code.embedding(LABELS)
    torch.testing.assert_close(output[:, 4:], direction / direction.norm(dim=1, keepdim=True))


def test_code_without_classes_is_left_alone():
    code, z = LabelledCode(4, 6, classes=None), torch.randn(3, 4)
    assert torch.equal(code(z), z)
    assert code.features == 4
    assert not list(code.parameters())


def test_one_class_without_labels_is_what_one_class_with_labels_is():
    torch.manual_seed(0)
    without = LabelledCode(4, 6, classes=None, one_class=True)
    torch.manual_seed(0)
    with_labels, z = LabelledCode(4, 6, classes=1), torch.randn(3, 4)
    assert without.features == with_labels.features == 10
    assert torch.equal(without(z), with_labels(z, torch.zeros(3, dtype=torch.int64)))
    weights = torch.randn(3, 10)
    for code, labels in ((without, None), (with_labels, torch.zeros(3, dtype=torch.int64))):
        (code(z, labels) * weights).sum().backward()
    torch.testing.assert_close(without.embedding.weight.grad, with_labels.embedding.weight.grad)
    with pytest.raises(UsageError, match="without classes"):
        without(z, torch.zeros(3, dtype=torch.int64))


@pytest.mark.parametrize("one_class", [True, False])
def test_real_classes_are_the_same_with_it(one_class):
    assert LabelledCode(4, 6, classes=3, one_class=one_class).embedding.num_embeddings == 3


def test_output_is_the_labels_own():
    output = ClassOutput(nn.Linear(5, 3), classes=3)
    features = torch.randn(3, 5)
    torch.testing.assert_close(output(features, LABELS), output.linear(features)[torch.arange(3), LABELS])


def test_output_without_classes_is_the_only_one():
    output = ClassOutput(nn.Linear(5, 1), classes=None)
    features = torch.randn(3, 5)
    assert torch.equal(output(features), output.linear(features)[:, 0])


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (LABELS, None, "without classes"),
        (None, 3, r"3 classes and needs labels"),
        (LABELS[:2], 3, r"it must be \(3,\)"),
        (LABELS[:, None], 3, r"it must be \(3,\)"),
    ],
)
def test_labels_that_do_not_match_are_refused(labels, classes, message):
    with pytest.raises(UsageError, match=message):
        matched_labels(labels, torch.zeros(3, 4), classes)

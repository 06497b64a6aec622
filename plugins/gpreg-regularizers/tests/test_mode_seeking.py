import pytest
import torch
from torch.autograd import gradcheck
from torch.func import functional_call

from gpreg.errors import UsageError


def ratio(fake, z, half):
    return (fake[:half] - fake[half : 2 * half]).abs().mean() / (z[:half] - z[half : 2 * half]).abs().mean()


@pytest.mark.parametrize("size", [2, 6, 7])
def test_closed_forms(made, batch, draw, linear_generator, size):
    generator, z = linear_generator(3, (1, 2, 2)), draw(size, 3)
    given = batch(None, generator, latent=z, fake=generator(z))
    r = ratio(z @ generator.matrix, z, size // 2)
    torch.testing.assert_close(made("mode-seeking", weight=2.0)(given), 2 / (r + 1e-5))
    torch.testing.assert_close(made("mode-seeking", weight=2.0, form="negative")(given), -2 * r)


def test_a_pair_has_one_label(made, batch, draw, linear_generator):
    generator, z, labels = linear_generator(3, (2,)), draw(4, 3), torch.tensor([5, 6, 7, 8])
    given = batch(None, generator, latent=z, fake=generator(z, labels), fake_labels=labels)
    value = made("mode-seeking", form="negative")(given)
    torch.testing.assert_close(value, -ratio(z @ generator.matrix, z, 2))


@pytest.mark.parametrize("form", ["inverse", "negative"])
def test_gradient(made, batch, draw, linear_generator, form):
    generator, term, z = linear_generator(3, (2,)), made("mode-seeking", form=form), draw(6, 3)

    def value(matrix):
        def called(z, labels=None):
            return functional_call(generator, {"matrix": matrix}, (z,)).tanh()

        return term(batch(None, called, latent=z, fake=called(z)))

    assert gradcheck(value, (generator.matrix,))


def test_samples_that_are_all_alike(made, batch, draw):
    value = made("mode-seeking")(batch(latent=draw(4, 3), fake=torch.ones(4, 2).double()))
    assert value.item() == pytest.approx(1e5)


def test_one_sample_has_no_other(made, batch, draw):
    with pytest.raises(UsageError, match="two halves of a batch, and this one, or a part of it, has one sample"):
        made("mode-seeking")(batch(latent=draw(1, 3), fake=draw(1, 2)))

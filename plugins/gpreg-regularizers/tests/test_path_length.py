from copy import deepcopy

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import functional_call


def directions(seed, *size):
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("shape", "pixels"), [((3,), 1), ((2, 3, 4), 12)])
def test_closed_form_in_two_updates(made, batch, draw, linear_generator, shape, pixels):
    generator, z = linear_generator(3, shape), draw(6, 3)
    term = made("path-length", weight=2.0, decay=0.25, shrink=2)
    mean = torch.zeros((), dtype=torch.float64)
    for step in range(2):
        value = term(batch(None, generator, latent=z, step=step, seed=step))
        y = directions(step, 3, *shape).flatten(1) / pixels**0.5
        lengths = (y @ generator.matrix.T).norm(dim=1)
        mean = 0.75 * mean + 0.25 * lengths.mean()
        torch.testing.assert_close(value, 2 * (lengths - mean).square().mean())


def test_it_is_lazy(made):
    assert (made("path-length").every, made("path-length", every=1).every) == (4, 1)


@pytest.mark.parametrize(("size", "shrink", "used"), [(6, 2, 3), (7, 2, 3), (1, 2, 1), (6, 1, 6)])
def test_the_smaller_batch(made, batch, draw, linear_generator, size, shrink, used):
    labels = torch.arange(size)
    term = made("path-length", shrink=shrink)
    given = batch(None, linear_generator(3, (2,)), latent=draw(size, 3), fake_labels=labels)
    assert len(term.lengths(given)) == used


def test_gradient(made, batch, draw, linear_generator):
    generator, z = linear_generator(3, (2,)), draw(4, 3)
    begun = made("path-length", decay=1e-15)
    begun(batch(None, generator, latent=z, step=0))

    def value(matrix):
        def called(z, labels=None):
            return functional_call(generator, {"matrix": matrix}, (z,)).tanh()

        return deepcopy(begun)(batch(None, called, latent=z, step=4))

    assert gradcheck(value, (generator.matrix,))


def test_a_generator_that_ignores_its_codes_has_a_finite_gradient(made, batch, draw, linear_generator):
    generator = linear_generator(3, (2,))
    with torch.no_grad():
        generator.matrix.zero_()
    value = made("path-length")(batch(None, generator, latent=draw(4, 3)))
    value.backward()
    assert value == 0
    assert generator.matrix.grad.isfinite().all()

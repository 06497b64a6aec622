from copy import deepcopy

import pytest
import torch
from torch.autograd import gradcheck

REAL, FAKE = (0.5, 2.0, -1.0), (0.0, -2.0, 3.0)


def outputs(*values):
    return torch.tensor(values, dtype=torch.float64)


FORMS = {"one-sided": torch.relu, "two-sided": lambda t: t}


def expected(real, fake, of_real, of_fake, form="one-sided"):
    f = FORMS[form]
    return f(real - of_fake).square().mean() + f(of_real - fake).square().mean()


@pytest.mark.parametrize("form", FORMS)
def test_closed_form_in_two_updates(made, batch, form):
    term = made("lecam", weight=2.0, decay=0.75, form=form)
    real, fake = outputs(*REAL), outputs(*FAKE)
    value = term(batch(d_real=real, d_fake=fake, step=0))
    torch.testing.assert_close(value, 2 * expected(real, fake, real.mean(), fake.mean(), form))
    value = term(batch(d_real=2 * real, d_fake=3 * fake, step=1))
    means = 0.75 * real.mean() + 0.25 * 2 * real.mean(), 0.75 * fake.mean() + 0.25 * 3 * fake.mean()
    torch.testing.assert_close(value, 2 * expected(2 * real, 3 * fake, *means, form))


def test_before_its_start_it_is_zero_and_has_no_past(made, batch):
    term = made("lecam", weight=1.0, decay=0.75, start=2)
    real, fake = outputs(*REAL), outputs(*FAKE)
    for step in range(2):
        value = term(batch(d_real=(5 - step) * real, d_fake=(5 - step) * fake, step=step))
        assert value.item() == 0
    value = term(batch(d_real=real, d_fake=fake, step=2))
    means = (0.75 * 4 + 0.25) * real.mean(), (0.75 * 4 + 0.25) * fake.mean()
    torch.testing.assert_close(value, expected(real, fake, *means))


@pytest.mark.parametrize("form", FORMS)
def test_its_gradient_sees_the_averages_as_constants(made, batch, form):
    begun = made("lecam", decay=1 - 1e-15, form=form)
    begun(batch(d_real=outputs(0.3, 0.5, 0.1), d_fake=outputs(-0.2, 0.1, 0.0), step=0))

    def value(real, fake):
        return deepcopy(begun)(batch(d_real=real, d_fake=fake, step=1))

    assert gradcheck(value, (outputs(*REAL).requires_grad_(), outputs(*FAKE).requires_grad_()))


def test_the_averages_are_of_all_processes(made, batch):
    term = made("lecam", weight=1.0)
    real, fake = outputs(*REAL), outputs(*FAKE)
    value = term(batch(d_real=real, d_fake=fake, averaged=lambda mean: mean + 1))
    torch.testing.assert_close(value, expected(real, fake, real.mean() + 1, fake.mean() + 1))

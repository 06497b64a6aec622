"""What the tests of the loops share."""

import pytest
import torch


@pytest.fixture(scope="session")
def assert_same():
    """Asserts that two values, and their gradients by a critic's parameters, differ by 1e-6 at most."""

    def check(ours, theirs, critic):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)
        ours, theirs = (
            torch.autograd.grad(value, list(critic.parameters()), retain_graph=True, materialize_grads=True)
            for value in (ours, theirs)
        )
        assert max(gradient.abs().max() for gradient in theirs) > 1e-3
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)

    return check

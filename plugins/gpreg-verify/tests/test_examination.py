"""What an examination returns, and what it leaves as it was."""

import random
from typing import Any

import numpy as np
import pytest
import torch

from gpreg_verify import Verification, examine


def r1(critic: Any, real: torch.Tensor, gamma: float = 10.0) -> torch.Tensor:
    x = real.detach().requires_grad_()
    (grad,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return gamma / 2 * grad.flatten(1).square().sum(1).mean()


def scaled_r1(critic: Any, real: torch.Tensor, gamma: float = 10.0) -> torch.Tensor:
    return 16 * r1(critic, real, gamma)


def without_a_default(critic: Any, real: torch.Tensor, weight: float) -> torch.Tensor:
    return r1(critic, real, 2 * weight)


def states() -> tuple[Any, ...]:
    return torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()


def test_the_outcome_is_json() -> None:
    document = examine(r1, name="losses.py:r1").to_dict()
    assert document["schema"] == 1
    assert document["function"] == "losses.py:r1"
    assert document["identified"]["measure"] == "pd"
    assert "R1: gamma = 10" in document["identified"]["conventions"]
    assert document["defects"] == []


def test_global_random_states_are_given_back_and_the_outcome_is_the_same_each_time() -> None:
    torch.manual_seed(5)
    before = states()
    first = examine(r1)
    assert states() == before
    torch.rand(3)
    assert examine(r1) == first


def test_seeding_works_again_afterwards() -> None:
    examine(r1)
    torch.manual_seed(3)
    first = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(2), first)


def test_a_loop_that_is_lazy_needs_the_factor() -> None:
    assert [defect.name for defect in examine(r1, every=16).defects] == ["lazy-without-factor"]
    scaled = examine(scaled_r1, every=16)
    assert scaled.right, scaled.text
    assert scaled.identified
    assert scaled.identified.rho == 10.0


def test_a_number_without_a_default_is_told() -> None:
    found = examine(without_a_default)
    assert found.identified
    assert found.identified.rho == 20.0
    assert "weight = 10, for which it has no default" in found.text


def test_approximate_r1_is_told_with_its_noise() -> None:
    def approximate(critic: Any, real: torch.Tensor, weight: float = 100.0, sigma: float = 0.1) -> torch.Tensor:
        return weight * (critic(real + sigma * torch.randn_like(real)) - critic(real)).square().mean()

    found = examine(approximate)
    assert found.identified
    assert found.identified.rho == 2.0
    assert "aR1: weight = 100, sigma = 0.1" in found.identified.conventions


def test_what_cannot_be_called_is_told_with_the_signatures_that_are_known() -> None:
    def refuses(critic: Any, real: Any) -> None:
        raise ValueError("not today")

    found = examine(refuses)
    assert not found.right
    assert found.identified is None
    assert "ValueError: not today (" in found.text
    assert f"test_examination.py:{refuses.__code__.co_firstlineno + 1})" in found.text
    assert "(critic, real, fake, ...)" in found.text


def test_a_remedy_goes_with_numbers() -> None:
    def whole_batch(critic: Any, real: torch.Tensor) -> torch.Tensor:
        x = real.detach().requires_grad_()
        (grad,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        return grad.norm() ** 2

    (defect,) = examine(whole_batch).defects
    assert defect.name == "whole-batch-norm"
    assert "with |grad D| = 3 at 4 samples of shape (3, 5, 7) the value is 36 instead of 9 (4 times)" in defect.evidence
    assert "sum(1).mean()" in defect.remedy


def constant(critic: Any, real: torch.Tensor) -> torch.Tensor:
    return torch.tensor(3.0)


def complex_number(critic: Any, real: torch.Tensor) -> torch.Tensor:
    return torch.complex(critic(real).sum(), critic(real).sum())


def infinite(critic: Any, real: torch.Tensor) -> torch.Tensor:
    return critic(real).sum() * float("inf")


def overwriting(critic: Any, real: torch.Tensor) -> torch.Tensor:
    return critic(real.zero_()).sum()  # type: ignore[no-any-return]


def leaving(critic: Any, real: torch.Tensor) -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    "function",
    [constant, complex_number, infinite, overwriting, leaving, print, max, torch.nn.functional.mse_loss, object()],
)
def test_whatever_is_no_penalty_is_told_so_and_accused_of_nothing(function: Any) -> None:
    found = examine(function)
    assert found.identified is None
    assert found.defects == ()
    assert "unlike any penalty that is known" in found.text


class Unasked:
    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)


class UnaskedR1(Unasked):
    def __call__(self, critic: Any, real: torch.Tensor) -> torch.Tensor:
        return r1(critic, real)


class UnaskedModule(Unasked, torch.nn.Module):
    def forward(self, critic: Any, real: torch.Tensor) -> torch.Tensor:
        return r1(critic, real)


@pytest.mark.parametrize("kind", [UnaskedR1, UnaskedModule])
def test_an_instance_that_refuses_to_be_asked_for_attributes_is_called(kind: Any) -> None:
    found = examine(kind())
    assert found.right, found.text
    assert found.function == kind.__name__


def test_what_cannot_be_called_nor_asked_is_told() -> None:
    assert "'Unasked' object is not callable" in examine(Unasked()).text  # type: ignore[arg-type]


@pytest.mark.parametrize("known", [True, False])
def test_right_is_known_and_without_defects(known: bool) -> None:
    identified = examine(r1).identified if known else None
    assert Verification(function="f", identified=identified, defects=(), text="").right == known

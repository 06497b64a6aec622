"""Checks that every gradient form must pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks


@dataclass(frozen=True)
class FormCase(Case):
    """A registered form with its options."""

    kind = "form"

    def gradients(self) -> Tensor:
        """Gradients ``(6, 3, 4, 4)`` of very different lengths, in float64."""
        rng = torch.Generator().manual_seed(0)
        lengths = torch.tensor([1e-3, 0.1, 0.5, 1.0, 2.0, 30.0], dtype=torch.float64)
        return lengths.view(-1, 1, 1, 1) * torch.randn(6, 3, 4, 4, generator=rng, dtype=torch.float64)


def gives_one_number_a_sample(case: FormCase) -> None:
    """``(B, *x) -> (B,)``, a number for each sample's gradient: not for the whole batch, nor for each pixel."""
    form, grads = case.build(), case.gradients()
    values = form(grads)
    expect(values.shape == (len(grads),), f"returns {tuple(values.shape)} for {len(grads)} gradients")
    alone = torch.cat([form(grad[None]) for grad in grads])
    expect(torch.allclose(values, alone, rtol=1e-12), "mixes the samples of a batch")


def is_differentiable_everywhere(case: FormCase) -> None:
    """The derivative agrees with finite differences away from 0, and is finite at 0."""
    form = case.build()
    grads = case.gradients()[1:4].clone().requires_grad_()
    expect(torch.autograd.gradcheck(form, (grads,)), "has a wrong derivative")
    zero = torch.zeros(2, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(form(zero).sum(), zero)
    expect(slope.isfinite().all(), "has no finite derivative at a zero gradient")


def is_what_it_says(case: FormCase) -> None:
    """The flags ``radial`` and ``quadratic`` are true: by rotating the gradient, and by doubling it.

    The rotation mixes channels and pixels, so that a norm per pixel or per channel is detected too.
    """
    form, grads = case.build(), case.gradients()
    rng, d = torch.Generator().manual_seed(1), grads[0].numel()
    rotation, _ = torch.linalg.qr(torch.randn(d, d, generator=rng, dtype=torch.float64))
    rotated = (grads.flatten(1) @ rotation).view_as(grads)
    if form.radial:
        expect(torch.allclose(form(rotated), form(grads), rtol=1e-9), "is not radial, though it says so")
    if form.quadratic:
        expect(torch.allclose(form(2 * grads), 4 * form(grads), rtol=1e-12), "is not quadratic, though it says so")


def leaves_its_input_and_its_dtype(case: FormCase) -> None:
    """float32 stays float32, and float64 float64; the gradient is not written on, and no random number is drawn."""
    form = case.build()
    for dtype in (torch.float32, torch.float64):
        grads = case.gradients().to(dtype)
        given = grads.clone()
        with global_randomness(1):
            first, second = form(grads), form(grads)
        expect(first.dtype == dtype, f"returns {first.dtype} for gradients in {dtype}")
        expect(torch.equal(grads, given), "writes on the gradient that it is given")
        expect(torch.equal(first, second), "returns something else for the same gradient")


FORM_CHECKS = (
    gives_one_number_a_sample,
    is_differentiable_everywhere,
    is_what_it_says,
    leaves_its_input_and_its_dtype,
)


def form_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered form.

    >>> for check in form_checks("power", {"k": 3}):
    ...     check()
    >>> print(check)
    power-leaves_its_input_and_its_dtype
    """
    case = FormCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in FORM_CHECKS]

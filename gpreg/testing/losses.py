"""Checks that every GAN loss must pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks


@dataclass(frozen=True)
class LossCase(Case):
    """A registered loss with its options."""

    kind = "loss"

    def outputs(self) -> tuple[Tensor, Tensor]:
        """Critic outputs on real and fake samples, ``(7,)`` each in float64, some of them large."""
        rng = torch.Generator().manual_seed(0)
        scale = torch.tensor([0.01, 0.1, 0.5, 1.5, 3.0, 20.0, 80.0], dtype=torch.float64)
        real, fake = torch.randn(2, 7, generator=rng, dtype=torch.float64) * scale
        return real, fake


def gives_one_number_a_sample(case: LossCase) -> None:
    """Both losses are ``(B,)`` and finite, and pair real and fake outputs by index."""
    loss, (real, fake) = case.build(), case.outputs()
    for values in (loss.critic_loss(real, fake), loss.generator_loss(fake, real)):
        expect(values.shape == real.shape, f"returns {tuple(values.shape)} for {tuple(real.shape)} outputs")
        expect(values.isfinite().all(), "overflows for large outputs")
    alone = torch.cat([loss.critic_loss(r[None], f[None]) for r, f in zip(real, fake, strict=True)])
    expect(torch.allclose(loss.critic_loss(real, fake), alone), "mixes the samples of a batch")


def pulls_the_right_way(case: LossCase) -> None:
    """At D = 0 the critic's loss falls with D on real and rises with D on fake samples; the generator's falls."""
    loss = case.build()
    real = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    fake = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    by_real, by_fake = torch.autograd.grad(loss.critic_loss(real, fake).sum(), (real, fake))
    (by_generator,) = torch.autograd.grad(loss.generator_loss(fake, real.detach()).sum(), fake)
    expect((by_real < 0).all() and (by_fake > 0).all(), "the critic's loss pulls the wrong way")
    expect((by_generator < 0).all(), "the generator's loss pulls the wrong way")


def has_the_f_that_it_declares(case: LossCase) -> None:
    """If the loss declares an f: the critic's loss is -f(D) - f(-D), f is concave, f'(0) and f''(0) are as stated."""
    loss = case.build()
    if loss.concave is None:
        return
    f, (real, fake) = loss.concave.f, case.outputs()
    expected = -f(real) - f(-fake)
    expect(torch.allclose(loss.critic_loss(real, fake), expected), "its critic loss is not -f(D(x_d)) - f(-D(x_g))")
    zero = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(zero), zero, create_graph=True)
    curvature = torch.autograd.grad(slope, zero)[0] if slope.requires_grad else torch.zeros(())
    expect(abs(float(slope.detach()) - loss.concave.slope) < 1e-12, f"f'(0) is {float(slope.detach())}")
    expect(abs(float(curvature) - loss.concave.curvature) < 1e-12, f"f''(0) is {float(curvature)}")
    grid = torch.linspace(-5, 5, 201, dtype=torch.float64)
    expect((f(grid[2:]) - 2 * f(grid[1:-1]) + f(grid[:-2]) < 1e-12).all(), "f is not concave")


def leaves_its_input_and_its_dtype(case: LossCase) -> None:
    """float32 stays float32, and float64 float64; outputs are not written on, and no random number is drawn."""
    loss = case.build()
    for dtype in (torch.float32, torch.float64):
        real, fake = (outputs.to(dtype) for outputs in case.outputs())
        given = real.clone(), fake.clone()
        with global_randomness(1):
            values = [function(real, fake) for function in (loss.critic_loss, loss.generator_loss) for _ in range(2)]
        expect(all(value.dtype == dtype for value in values), f"returns another dtype for outputs in {dtype}")
        expect(torch.equal(real, given[0]) and torch.equal(fake, given[1]), "writes on the outputs that it is given")
        same = torch.equal(values[0], values[1]) and torch.equal(values[2], values[3])
        expect(same, "returns something else for the same outputs")


LOSS_CHECKS = (
    gives_one_number_a_sample,
    pulls_the_right_way,
    has_the_f_that_it_declares,
    leaves_its_input_and_its_dtype,
)


def loss_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered loss.

    >>> for check in loss_checks("hinge"):
    ...     check()
    >>> print(check)
    hinge-leaves_its_input_and_its_dtype
    """
    case = LossCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in LOSS_CHECKS]

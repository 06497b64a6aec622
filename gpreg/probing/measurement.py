"""Probe a penalty in somebody's loop: how large it is beside the loss, and what other coefficients would do."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch

from gpreg.critics.learnt import gradients, sharded
from gpreg.errors import UsageError
from gpreg.penalties.estimators import Exact
from gpreg.penalties.figures import QUANTILES, angles, pushed_down, read_back
from gpreg.penalties.material import Material
from gpreg.penalties.penalty import Penalty
from gpreg.penalties.shown import facts
from gpreg.probing.advised import Answer, best_rho
from gpreg.probing.fakes import made
from gpreg.probing.probe import Norms, Probe, Trial, percent, share_of
from gpreg.probing.scene import BETAS, RATE, Loss, Scene, loss_of

FACTORS = (0.1, 1.0, 10.0)
"""The coefficients that are tried, as multiples of the penalty's own."""

MOST = 20
"""The most critic steps that a probe takes."""

NO_POINTS = "the measure has no points, so that no coefficient does anything"


def probe(
    penalty: Penalty,
    critic: Any,
    fakes: Any,
    real: Any,
    *,
    loss: Loss | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    steps: int = 2,
    latent_dim: int | tuple[int, ...] | None = None,
    seed: int = 0,
    **material: Unpack[Material],
) -> Probe:
    """Say how large a penalty is for a critic, and what a tenth of its coefficient and ten times it would do.

    It takes at most 20 critic steps, and changes nothing: critic, generator, penalty, optimizer, buffers and random
    states are as before. The device is waited for once, at the end, and at a penalty's first batch, which it examines.

    A trial makes ``steps`` steps of the optimizer from the critic's present parameters, on the same batch with the same
    random numbers, for each of rho / 10, rho and 10 rho. The best rho of the linearised game comes from an advisor,
    such as that of gpreg-theory, and needs networks of which it knows the layers, the generator and a loss by name.

    Args:
        penalty: from :func:`gpreg.penalty`.
        critic: as in ``penalty(critic, real, fake)``.
        fakes: the fake batch; or the generator, a module or function from codes ``(B, z)`` (and a condition) to it.
        real: the real batch.
        loss: the critic's loss: a name, class or instance as in :func:`gpreg.loss`, or a function of ``d_real`` and
            ``d_fake``, ``(B,)`` each, whose mean is minimised. By default ``"wasserstein"``.
        optimizer: the critic's optimizer, of which a copy makes the steps of the trials; by default Adam with learning
            rate 1e-4 and betas (0, 0.9), as in Gulrajani et al. 2017 (WGAN-GP), Algorithm 1.
        steps: the steps of each trial, 1 to 6.
        latent_dim: z, or the shape of a code, of standard normal codes for a generator, if ``latent`` is not given.
        seed: of these codes.
        material: what else the penalty takes, see :class:`gpreg.penalties.material.Material`.

    Raises:
        UsageError: an argument is missing or does not fit.
        BatchCouplingError, MeasureError: as from the penalty itself.

    >>> critic = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    >>> generator = torch.nn.Linear(3, 2)
    >>> found = gpreg.probe(gpreg.penalty("gp", rho=2.0), critic, generator, torch.randn(16, 2), latent_dim=3)
    >>> [round(trial.rho, 3) for trial in found.trials], found.critic_steps <= 20
    ([0.2, 2.0, 20.0], True)
    """
    if not isinstance(penalty, Penalty):
        raise UsageError(
            f"the penalty is a {type(penalty).__name__}; it must be one that gpreg.penalty has built",
            remedy="call gpreg.probe(gpreg.penalty('mid', rho=20), critic, generator, real)",
        )
    largest = (MOST - 2) // len(FACTORS)
    if not isinstance(steps, int) or not 1 <= steps <= largest:
        raise UsageError(f"steps is {steps!r}; it must be 1 to {largest}, so that a probe takes at most {MOST} steps")
    own = made(fakes, real, latent_dim=latent_dim, seed=seed, material=material, needs=penalty.measure.needs)
    built, loss_name = loss_of(loss)
    scene = Scene.of(penalty, critic, own, real, built)
    parameters, spent = scene.parameters()
    with scene.kept(), torch.enable_grad():
        now = scene.evaluate()
        parts = tuple(gradients(part, parameters, scene.scale) for part in (now.loss, now.penalty))
    figures, at_points = now.figures(), now.gradients
    del now  # and with it the graph
    if parameters:
        figures |= angles(*parts)
    if at_points is not None:
        figures["pushed down"] = pushed_down(penalty.form, at_points)
    movable = parameters and not any(map(sharded, parameters))
    rhos = [factor * penalty.rho for factor in FACTORS if movable and at_points is not None and penalty.rho]
    for rho in rhos:
        after = scene.trial(rho, parameters, parts, optimizer, steps).figures()
        figures |= {f"{name} at {rho}": value for name, value in after.items()}
    read = read_back(figures)
    spent += 1 + len(rhos) * steps
    answer = Answer(because=NO_POINTS) if at_points is None else best_rho(scene, critic_steps=MOST - spent)
    ratio = _ratio(read, penalty.rho)
    share = _share(read, penalty.rho)
    return Probe(
        penalty=f"{penalty.origin}: {', '.join(facts(penalty))}",
        rho=penalty.rho,
        every=penalty.every,
        points=0 if at_points is None else len(at_points),
        gradient_norm=Norms(**{name: read[name] for name in ("mean", *QUANTILES)}) if "mean" in read else None,
        pushed_down=read.get("pushed down"),
        value=0.5 * penalty.rho * read["penalty"],
        loss=read["loss"],
        loss_name=loss_name,
        gap=read["gap"],
        ratio=ratio,
        share=share,
        cosine=_cosine(read),
        trials=tuple(_trial(read, rho) for rho in rhos),
        steps=steps,
        optimizer=_named(optimizer),
        best_rho=answer.rho,
        because=answer.because,
        critic_steps=spent + answer.critic_steps,
        notes=tuple(_notes(penalty, read, ratio, sharded=any(map(sharded, parameters)))),
    )


def _ratio(read: Mapping[str, float], rho: float) -> float | None:
    """``|g_P| / |g_L|``; ``None`` if ``g_L`` is 0, or not known."""
    squared = read.get("loss squared", 0.0)
    return 0.5 * rho * math.sqrt(read["penalty squared"] / squared) if squared else None


def _share(read: Mapping[str, float], rho: float) -> float | None:
    """``|g_P| / (|g_P| + |g_L|)``; ``None`` if both are 0, or not known."""
    ratio = _ratio(read, rho)
    if ratio is None:
        return 1.0 if rho * read.get("penalty squared", 0.0) else None
    return share_of(ratio)


def _cosine(read: Mapping[str, float]) -> float | None:
    norms = math.sqrt(read.get("loss squared", 0.0)) * math.sqrt(read.get("penalty squared", 0.0))
    return max(-1.0, min(read["product"] / norms, 1.0)) if norms else None


def _trial(read: Mapping[str, float], rho: float) -> Trial:
    return Trial(
        rho=rho,
        ratio=_ratio(read, rho),
        share=_share(read, rho),
        loss=read[f"loss at {rho}"],
        gap=read[f"gap at {rho}"],
        gradient_norm=read[f"mean at {rho}"],
    )


def _named(optimizer: torch.optim.Optimizer | None) -> str:
    if optimizer is None:
        return f"Adam, learning rate {RATE:g}, betas {BETAS}"
    rates = {f"{float(group['lr']):g}" for group in optimizer.param_groups if "lr" in group}
    return f"your {type(optimizer).__name__}, learning rate {', '.join(sorted(rates))}"


def _notes(penalty: Penalty, read: Mapping[str, float], ratio: float | None, *, sharded: bool) -> Iterator[str]:
    if sharded:
        yield "there are no trials: the critic's parameters are sharded, and stay where they are"
    if penalty.every > 1 and ratio is not None:
        yield (
            f"in the one step of {penalty.every} that computes the penalty it acts {penalty.every} times as much "
            f"and is {percent(share_of(ratio, penalty.every))} of the critic's gradient; in the others it is 0"
        )
    if not isinstance(penalty.estimator, Exact):
        yield f"norms and values are as the estimator {penalty.estimator} gives them"
    if not all(map(math.isfinite, read.values())):
        yield "something is not finite: look for NaN in the networks and in the samples, or for overflow in float16"

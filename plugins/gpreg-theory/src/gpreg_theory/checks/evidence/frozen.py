"""The game on one frozen batch, in float64: expectations are exact means over the batch, and the players can move."""

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.calls import critic_outputs, preserved_buffers
from gpreg.critics.examination import Examination
from gpreg.errors import UsageError
from gpreg.interfaces import CheckContext, PenaltyBatch, PenaltySample
from gpreg_theory.checks.evidence.draws import draw, first, running, weights_of
from gpreg_theory.networks.point import GamePoint

SAMPLES = 512
"""The most samples of a batch that are used."""

IMAGES = 64
"""The most samples that are used if they have more than 64 coordinates."""


NO_PSI = "no parameter of the critic is trained, so that psi is empty"
NO_THETA = "theta is not known: the generator is no nn.Module with trained parameters, or its codes are not given"


def frozen_game(
    context: CheckContext, batch: PenaltyBatch, *, limit: int | None = None, critic: nn.Module | None = None
) -> GamePoint:
    """The players of a context on one of its batches, all in float64 and copied.

    Real samples, codes and the measure's random numbers are fixed, so that the game is a function of the parameters
    alone, without noise; the penalty's points follow the players to other parameters.

    Args:
        context: measure, loss, rho; at the point ``"construction"`` the batch's fakes are taken as they are,
            elsewhere the generator makes them from the batch's codes.
        batch: one of the context's.
        limit: the most samples that are used; by default as many as :func:`kept` says.
        critic: takes the place of the batch's.

    Raises:
        UsageError: as :func:`in_float64`.
        MeasureError: the measure failed, or drew what no penalty can use.
        BatchCouplingError: the critic mixes samples.
    """
    own = in_float64(batch, limit=limit, critic=critic)
    measure = _copied(context.measure).double()

    def drawn(batch: PenaltyBatch) -> PenaltySample | None:
        sample = draw(measure, batch, seed=0)
        if sample is not None:
            weights_of(sample, batch.critic)  # which refuses weights that are not finite
        return sample

    made = own.generator is not None and own.latent is not None and context.point != "construction"
    point = GamePoint.of(
        own.critic,
        own.generator if made else None,
        real=own.real,
        latent=own.latent if made else None,
        fake=None if made else own.fake,
        sample=drawn(own),
        loss=context.loss,
        rho=context.rho,
        labels=own.labels,
        fake_labels=own.labels_of_fake,
        chunk=len(own.real),
    )
    own = replace(own, critic=point.critic.network)
    if point.generator is not None:
        own = replace(own, generator=point.generator.network)
    return replace(point, redraw=lambda fake: drawn(replace(own, fake=fake)))


def kept(samples: Tensor) -> int:
    """How many samples of a batch are used: :data:`SAMPLES`, or :data:`IMAGES` of more than 64 coordinates each."""
    return SAMPLES if samples.shape[1:].numel() <= 64 else IMAGES


def in_float64(batch: PenaltyBatch, *, limit: int | None = None, critic: nn.Module | None = None) -> PenaltyBatch:
    """The first samples of a batch and copies of its players, in float64; a generator that is no module is left out.

    Args:
        batch: the batch to be copied.
        limit: the most samples that are used; by default as many as :func:`kept` says.
        critic: takes the place of the batch's.

    Raises:
        UsageError: the critic is no ``nn.Module``, a player cannot be copied, the critic cannot be run in float64, or
            the samples or its outputs are not finite.
    """
    n = kept(batch.real) if limit is None else limit
    critic = batch.critic if critic is None else critic
    if not isinstance(critic, nn.Module):
        raise UsageError(
            f"the critic is a {type(critic).__name__}, whose parameters are not known",
            remedy="give the critic as an nn.Module",
        )
    doubled = _copied(critic).double()
    _check_runs(doubled, batch)
    generator = _copied(batch.generator).double() if isinstance(batch.generator, nn.Module) else None
    return replace(first(batch, n, double=True), critic=doubled, generator=generator)


def refuse_coupling(batch: PenaltyBatch) -> None:
    """Refuse a critic whose output on one sample depends on the others; the batch is in float64.

    Raises:
        BatchCouplingError: the critic mixes samples.
    """
    own = _copied(batch.critic)  # older weight normalisation cannot be copied once it has run with gradients
    Examination()(own, batch.real, batch.labels)


def _check_runs(critic: nn.Module, batch: PenaltyBatch) -> None:
    few = first(batch, 4, double=True)
    if not len(few.real):
        raise UsageError("the batch is empty", remedy="give two samples or more")
    if not batch.real.isfinite().all():
        raise UsageError("the real samples are not all finite", remedy="look for NaN and infinity in the dataset")
    devices = [few.real.device] if few.real.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices), preserved_buffers(critic), running("the critic in float64"):
        outputs = critic_outputs(critic, few.real, few.labels)
    if not outputs.isfinite().all():
        raise UsageError(
            "the critic's outputs on real samples are NaN or infinite", remedy="look for NaN in its parameters"
        )


def _copied(module: nn.Module) -> Any:
    try:
        return copy.deepcopy(module)
    except RuntimeError as error:  # torch refuses to copy a tensor with a graph, as old weight normalisation keeps
        raise UsageError(
            f"the {type(module).__name__} cannot be copied: {error}",
            remedy="use torch.nn.utils.parametrizations instead of the older torch.nn.utils.weight_norm and "
            "spectral_norm",
        ) from error

"""Draws from a penalty measure whose seed, critic and fakes are chosen by a check."""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gpreg.critics.calls import critic_outputs, preserved_buffers
from gpreg.errors import GpregError, MeasureError, UsageError
from gpreg.interfaces import CheckContext, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.penalties.contract import check_sample, check_shape

Points = NDArray[np.float64]
Weights = NDArray[np.float64]

SAMPLES = 512
"""The most samples that a statistic uses."""

NUMBERS = 2**15
"""The most coordinates in all that a statistic uses, beyond :data:`FEWEST` samples: 10 colour images of 32 x 32."""

FEWEST = 16
"""Fewer samples than this allow no statement at 99 %."""

DIFFERENTIATED = 64
"""The most samples on which weights are differentiated; on a frozen batch that is exact for any number of them."""

TURN = 1 / 3
"""The fraction of its length by which a batch is turned to pair it with itself; no pair then occurs twice."""


class CriticSeenError(Exception):
    """A measure has used the critic that was withheld from it."""


@contextmanager
def running(what: str, error_class: type[GpregError] = UsageError) -> Iterator[None]:
    """Turn whatever fails inside the block, a network or a measure of a user's, into an error that names it.

    Raises:
        GpregError: of the class ``error_class``; says what failed, and how.
    """
    try:
        yield
    except (GpregError, CriticSeenError):
        raise
    except Exception as error:
        raise error_class(f"{what} failed: {type(error).__name__}: {' '.join(str(error).split())}") from error


def trimmed(batch: PenaltyBatch, most: int = SAMPLES, least: int = FEWEST) -> PenaltyBatch:
    """The first samples of a batch, as many as statistics use: ``most``, or fewer large ones, down to ``least``."""
    samples: Tensor = batch.fake if batch.real is None else batch.real
    n = max(least, min(most, NUMBERS // max(samples.shape[1:].numel(), 1)))
    return first(batch, n)


def first(batch: PenaltyBatch, n: int | None = None, *, double: bool = False) -> PenaltyBatch:
    """The first n samples of a batch, or all; with ``double``, floating-point numbers are converted to float64."""
    parts: dict[str, Any] = {}
    for name in ("real", "fake", "latent", "labels", "fake_labels"):
        part = getattr(batch, name)
        if part is not None:
            part = part.detach()[:n]
            parts[name] = part.double() if double and part.is_floating_point() else part
    return replace(batch, **parts)


def frozen(batch: PenaltyBatch) -> PenaltyBatch:
    """The first samples of a batch, as many as are used where weights are differentiated."""
    return trimmed(batch, DIFFERENTIATED, 2)


def draw(measure: PenaltyMeasure, batch: PenaltyBatch, seed: int) -> PenaltySample | None:
    """Draw as a penalty does, but with random numbers of this seed; nothing is left changed.

    Two draws with one seed have the same random numbers, those of dropout in the networks included.

    Raises:
        MeasureError: the measure failed, or returned something that no penalty can use.
    """
    origin = f"{type(measure).__name__} of {type(measure).__module__}"
    rng = torch.Generator(batch.rng.device).manual_seed(seed)
    devices = [rng.device] if rng.device.type == "cuda" else []
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices))
        for module in (measure, batch.critic, batch.generator):
            stack.enter_context(preserved_buffers(module))
        stack.enter_context(running(f"measure {origin}", MeasureError))
        sample = measure.sample(replace(batch, rng=rng))
    if sample is not None:
        check_sample(sample, batch, origin, values=True)
    return sample


def weights_of(sample: PenaltySample, critic: Any) -> Tensor:
    """``(N,)``, the weights of the points for this critic: ones for a probability measure.

    Raises:
        MeasureError: weights that are a function of the critic's outputs fail, are negative, or are not finite.
        UsageError: the critic fails, or its outputs are not finite.
    """
    if sample.weights is None:
        return sample.points.new_ones(len(sample.points))
    if isinstance(sample.weights, Tensor):
        return sample.weights
    with torch.no_grad(), preserved_buffers(critic), running("the critic"):
        outputs = critic_outputs(critic, sample.points, sample.labels)
    if not outputs.isfinite().all():
        raise UsageError("the critic's outputs where the penalty looks are NaN or infinite")
    with torch.no_grad():
        weights = _weighed(sample.weights, outputs)
    if not (weights >= 0).all() or not weights.isfinite().all():
        raise MeasureError("the measure's weights are negative, NaN or infinite; a measure's are finite and at least 0")
    return weights


def _weighed(weigh: Callable[[Tensor], Tensor], outputs: Tensor) -> Tensor:
    """``(N,)``, weights at these outputs, ``(N,)``."""
    with running("the weights of the measure", MeasureError):
        weights = weigh(outputs).detach()
    check_shape("the weights of", "the measure", (len(outputs),), weights)
    return weights


def zero(points: Tensor, _: Tensor | None = None) -> Tensor:
    """The critic D = 0, for measures that are known not to use it: ``(B, *x) [, (B,)] -> (B,)``."""
    return points.new_zeros(len(points))


def ignores_outputs(sample: PenaltySample) -> bool:
    """Whether the weights are the same for any outputs of the critic, NaN included."""
    if not callable(sample.weights):
        return True
    n, like = len(sample.points), sample.points
    noise = torch.randn(n, generator=torch.Generator().manual_seed(0)).to(like)
    probes = (torch.zeros_like(noise), noise, 1e3 * noise, torch.full_like(noise, float("nan")))
    with torch.no_grad():
        first, *others = (_weighed(sample.weights, probe) for probe in probes)
    return all(torch.equal(first, other) for other in others)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloud:
    """A draw of a measure as arrays: ``mean(weights * h(points))`` estimates the integral of h.

    Attributes:
        points: ``(N, d)``.
        weights: ``(N,)``; their mean is the mass.
        at: as in :class:`PenaltySample`.
    """

    points: Points
    weights: Weights
    at: str | None = None

    @property
    def mass(self) -> float:
        """The mass M."""
        return float(self.weights.mean()) if len(self.weights) else 0.0

    @property
    def carried(self) -> Points:
        """The points that carry mass."""
        return self.points[self.weights > 0]


def cloud(measure: PenaltyMeasure, batch: PenaltyBatch, seed: int) -> Cloud:
    """Draw from the measure, as arrays; for the zero measure there are no points."""
    sample = draw(measure, batch, seed)
    if sample is None:
        return Cloud(points=np.zeros((0, 1)), weights=np.zeros(0))
    return Cloud(points=flat(sample.points), weights=flat(weights_of(sample, batch.critic))[:, 0], at=sample.at)


def is_batch(sample: PenaltySample, batch: PenaltyBatch) -> bool:
    """Whether the points are samples of the batch as they are, as :attr:`PenaltySample.at` says."""
    parts = {"real": batch.real, "fake": batch.fake}
    claimed = [parts[name] for name in sample.at.split("+")] if sample.at else []
    return bool(claimed) and torch.equal(sample.points, torch.cat(claimed))


def flat(samples: Tensor) -> Points:
    """``(N, *x)`` as ``(N, d)``, copied, because samples may be a view of a parameter that changes later."""
    points: Points = samples.detach().reshape(len(samples), -1).to("cpu", torch.float64).numpy().copy()
    return points


def generated(batch: PenaltyBatch) -> Tensor:
    """Samples of the generator at the batch's codes, ``(n, *x)``, without a graph; the generator is left as it was.

    Raises:
        UsageError: the generator fails.
    """
    with torch.no_grad(), preserved_buffers(batch.generator), running("the generator"):
        labels = batch.labels_of_fake
        fake: Tensor = batch.generator(batch.latent) if labels is None else batch.generator(batch.latent, labels)
    return fake.to(batch.real)


def reordered(batch: PenaltyBatch, turn: float) -> PenaltyBatch:
    """The batch with its fakes turned by a fraction of their number, within each class where there are labels."""
    labels = batch.labels_of_fake
    order = torch.arange(len(batch.fake), device=batch.fake.device)
    for own in [order.clone()] if labels is None else [order[labels == label] for label in labels.unique()]:
        order[own] = own.roll(round(turn * len(own)))
    latent = None if batch.latent is None else batch.latent[order]
    return replace(batch, fake=batch.fake[order], latent=latent)


def fed_with_data(batch: PenaltyBatch, turn: float = TURN) -> PenaltyBatch:
    """The batch with the data, in another order, as its fakes: the empirical game's equilibrium, where p_g = p_d."""
    return reordered(replace(batch, fake=batch.real, fake_labels=batch.labels), turn)


def follows_fakes(measure: PenaltyMeasure) -> bool:
    """Whether the measure sees of the model only its samples, so that data fed as fakes gives the limit mu*."""
    return not measure.needs & {"generator", "latent"}


def has_trained_parts(measure: PenaltyMeasure) -> bool:
    """Whether the measure has parameters of its own that are trained, such as an encoder's."""
    return any(p.requires_grad for p in measure.parameters())


def at_equilibrium(context: CheckContext, batch: PenaltyBatch, turn: float = TURN) -> PenaltyBatch | None:
    """A batch from which the measure draws mu*; ``None`` where that needs a trained critic or generator.

    Args:
        context: the case that is checked.
        batch: the real samples and the players.
        turn: the fraction by which fakes are turned against the data; in [1/3, 2/3) no sample is paired with itself, if
            its class has two.
    """
    there = context.point != "training"
    if not follows_fakes(context.measure):
        return reordered(batch, turn) if context.point == "equilibrium" else None
    if "critic" in context.measure.needs and not there:
        return None
    return reordered(batch, turn) if context.point == "construction" else fed_with_data(batch, turn)


class Line:
    """A random line ``psi + h v`` through a critic's parameters, along which a copy of the critic moves.

    Each tensor of v has the norm of the parameters themselves (1 where they are zero), so that h is a relative step.

    Args:
        critic: the critic; it is copied and never changed.
        seed: the seed of v.
        dtype: the dtype of the copy; by default the critic's own.
    """

    def __init__(self, critic: nn.Module, seed: int, dtype: torch.dtype | None = None) -> None:
        self.critic = copy.deepcopy(critic).to(dtype=dtype)
        rng = torch.Generator().manual_seed(seed)
        self._start = [p.detach().clone() for p in self.critic.parameters()]
        self._direction = []
        for p in self._start:
            noise = torch.randn(p.shape, generator=rng, dtype=torch.float64)
            size = p.double().square().mean().sqrt().item() or 1.0
            self._direction.append((noise / noise.square().mean().sqrt() * size).to(p))

    @classmethod
    def through(cls, critic: Any, seed: int, dtype: torch.dtype | None = None) -> Self | None:
        """The line; ``None`` for a critic without parameters, or one that cannot be copied."""
        if not isinstance(critic, nn.Module) or not any(p.numel() for p in critic.parameters()):
            return None
        try:
            return cls(critic, seed, dtype)
        except RuntimeError:  # torch refuses to copy a tensor with a graph, as old weight normalisation keeps
            return None

    def at(self, h: float) -> nn.Module:
        """The copy of the critic, moved to ``psi + h v``; the next call moves the same copy."""
        with torch.no_grad():
            for p, start, v in zip(self.critic.parameters(), self._start, self._direction, strict=True):
                p.copy_(start + h * v)
        return self.critic


def in_double(measure: PenaltyMeasure, batch: PenaltyBatch) -> tuple[PenaltyMeasure, PenaltyBatch]:
    """Copies of measure and batch in float64, for finite differences."""
    doubled = first(batch, double=True)
    if "generator" in measure.needs:
        doubled = replace(doubled, generator=copy.deepcopy(batch.generator).double())
    return copy.deepcopy(measure).double(), doubled

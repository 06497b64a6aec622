"""H0: the generator is a differentiable reparametrisation of one law of codes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import vector_to_parameters

from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import FEWEST, running
from gpreg_theory.checks.evidence.frozen import in_float64
from gpreg_theory.checks.evidence.operations import described, kinks, unknown
from gpreg_theory.networks.players import CriticPlayer, GeneratorPlayer

STEP = 0.1
"""The smaller step h of the two central differences, in units of the size of the parameters (at least 1)."""

PAIRS = 8
"""The number of directions ``(u, w)`` of critic and generator along which derivatives are compared."""

TOLERANCE = 0.05
"""A mismatch up to this share of the derivative's size counts as none, and one beyond twice this share as real."""

LEVEL = 2.58
"""The half width of a 99 % interval, in standard errors."""

REMEDY = (
    "generate samples by a differentiable map of parameters and codes; or, if mass has to move between components, use "
    "a measure that looks between them (gp, mid)"
)


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """The finite difference of ``E[u . grad_psi D(G(z; theta + h w))]`` in h minus the mean derivative ``u^T R w``.

    Attributes:
        mean: the mismatch, a mean over the codes.
        error: the standard error of this mean.
        difference: the finite difference itself.
        size: the root mean square of the samples' derivatives.
    """

    mean: float
    error: float
    difference: float
    size: float

    @property
    def none(self) -> bool:
        """Whether, with 99 % confidence, the mismatch is within :data:`TOLERANCE`."""
        return abs(self.mean) + LEVEL * self.error <= TOLERANCE * max(self.size, abs(self.difference))

    @property
    def excess(self) -> float:
        """By how many standard errors the mismatch exceeds twice the tolerance; at most 0 where it does not."""
        beyond = abs(self.mean) - 2 * TOLERANCE * abs(self.difference)
        if self.error > 0:
            return beyond / self.error
        return math.inf if beyond > 0 else 0.0


@deciding("H0", any_form=True)
def check(case: Case) -> Iterable[Said]:
    """Decide by the generator's operations where all are known, and else by two derivatives of the same mean.

    A composition of locally Lipschitz maps of ``(z, theta)`` is differentiable in theta for almost every z, and its
    derivative is bounded by an integrable function of z, so that the mean may be differentiated under the integral.
    Where an operation is not known to be continuous, ``R w`` by automatic differentiation is compared with a finite
    difference of the mean itself. They differ where mass jumps. Take the law ``(1/2 + theta) delta_1 + (1/2 - theta)
    delta_-1``, made by a step function of z: the derivatives of its samples are 0, but that of its mean is not.
    """
    generator, latent = case.batch.generator, case.batch.latent
    if not isinstance(generator, nn.Module) or not any(p.requires_grad for p in generator.parameters()):
        yield undecided("the generator is no nn.Module with parameters, so that theta is not known")
    elif latent is None or case.second_batch.latent is None:
        yield undecided("the codes that the generator was given are not known")
    else:
        with torch.random.fork_rng([latent.device] if latent.device.type == "cuda" else []):
            yield _said(case)


def mismatches(batch: PenaltyBatch, seed: int = 0) -> list[Mismatch]:
    """Measure a :class:`Mismatch` along each of :data:`PAIRS` random directions.

    Both sides of a finite difference see the same codes, which takes away most of its noise and leaves its mean as it
    is. Differences with steps h and 2 h are extrapolated to h = 0 (Richardson), so that the error for a smooth map is
    O(h^4).

    Args:
        batch: critic, generator, latent and labels, in float64.
        seed: the seed of the directions.
    """
    critic = CriticPlayer(batch.critic, chunk=len(batch.latent))
    maker = GeneratorPlayer(batch.generator, chunk=len(batch.latent))
    theta, labels = maker.vector, batch.labels_of_fake
    scale = max(theta.norm().item(), 1.0)
    rng = torch.Generator().manual_seed(seed)

    def mean_feature(u: Tensor, w: Tensor, h: float) -> Tensor:
        vector_to_parameters(theta + h * w, maker.parameters)
        return critic.moved(maker.samples(batch.latent, labels), labels, u)

    def quotient(u: Tensor, w: Tensor, h: float) -> Tensor:
        return (mean_feature(u, w, h) - mean_feature(u, w, -h)) / (2 * h)

    found = []
    for _ in range(PAIRS):
        u, w = (
            nn.functional.normalize(torch.randn(n, generator=rng, dtype=torch.float64), dim=0).to(theta)
            for n in (critic.size, maker.size)
        )
        h = STEP * scale
        difference = (4 * quotient(u, w, h) - quotient(u, w, 2 * h)) / 3
        vector_to_parameters(theta, maker.parameters)
        moved = critic.mixed(maker.samples(batch.latent, labels), labels, u) * maker.tangent(batch.latent, labels, w)
        derivative = moved.flatten(1).sum(1)
        gap = difference - derivative
        found.append(
            Mismatch(
                mean=gap.mean().item(),
                error=gap.std().item() / math.sqrt(len(gap)),
                difference=difference.mean().item(),
                size=derivative.square().mean().sqrt().item(),
            )
        )
    return found


def _said(case: Case) -> Said:
    batch = case.batch
    with running("the generator"):
        maker = GeneratorPlayer(batch.generator)
        labels = None if batch.labels_of_fake is None else batch.labels_of_fake[:8]
        inputs = (maker.convert(batch.latent[:8]), labels)
        strange, samples = unknown(maker.network, *inputs), maker.samples(*inputs)
    if not samples.isfinite().all():
        return undecided("the generator's samples are NaN or infinite", "look for NaN in its parameters")
    if maker.couples:
        evidence = "the generator normalises over its batch, so that a sample is no function of its own code alone"
        return undecided(evidence, "use a generator without batch normalisation, or in evaluation mode")
    if not strange:
        rough = kinks(maker.network, *inputs)
        kind = f"continuous, and smooth but for {described(rough)}" if rough else "smooth"
        return holds(
            f"the generator is a module whose operations are all {kind}: for almost every code its samples are "
            "differentiable in theta, with a bound that allows to differentiate under the integral",
            basis="proved",
        )
    lead = f"the generator uses operations that are not known to be continuous ({described(strange)})"
    if len(batch.latent) < FEWEST:
        return undecided(f"{lead}, and {len(batch.latent)} codes are too few to compare derivatives")
    return _compared(lead, [mismatches(in_float64(own)) for own in case.pair])


def _compared(lead: str, runs: Sequence[Sequence[Mismatch]]) -> Said:
    one, two = runs
    statistics = {"mismatches": [[asdict(own) for own in run] for run in runs]}
    witness = max(range(PAIRS), key=lambda pair: one[pair].excess)
    # the first batch chooses among all pairs, the second tests that one alone
    if one[witness].excess > LEVEL and two[witness].excess > LEVEL:
        own = two[witness]
        evidence = f"{lead}: along one direction the mean of grad_psi D changes by {own.difference:.3g} per unit of "
        evidence += f"theta, but its samples' derivatives account for {own.difference - own.mean:.3g} (standard error "
        return violated(f"{evidence}{own.error:.2g}), on both batches: mass jumps", REMEDY, statistics)
    if all(own.none for run in runs for own in run) and any(own.size for own in one):
        evidence = f"{lead}, but finite differences of the mean of grad_psi D agree with its samples' derivatives to "
        evidence += f"within {100 * TOLERANCE:g} %, with 99 % confidence, along {PAIRS} directions on both batches"
        return holds(evidence, statistics=statistics)
    return undecided(f"{lead}, and neither a mismatch nor its absence could be shown", statistics=statistics)
